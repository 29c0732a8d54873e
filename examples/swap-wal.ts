/**
 * The log is a part that can be exchanged: the same program on `fileWal()` of the core, on
 * `lmdbWal()` of `@sluice/wal-lmdb`, and on a log of our own.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileWal, open, type WalFactory } from '@sluice/core'
import { lmdbWal } from '@sluice/wal-lmdb'
import { COLOURS } from './swap-wal/colours.js'
import { oneFileWal } from './swap-wal/one-file-wal.js'

const SUNSET = [250, 120, 85]

interface Outcome {
  /** Median time of an add that waits for the disk. */
  readonly addMs: number
  readonly logBytes: number
  readonly rowsReopened: number
  /** The stored colour nearest to {@link SUNSET}. */
  readonly nearest: string
}

/** Stores the colours one by one, closes, opens again and searches. */
async function storeColours(path: string, wal: WalFactory): Promise<Outcome> {
  const db = await open({ path, wal })
  const colours = await db.collection('colours', { dimension: 3, metric: 'l2' })
  const names = Object.entries(COLOURS)
  const addMs: number[] = []
  for (const [name, rgb] of names) {
    const startedAt = performance.now()
    await colours.add({ ids: [name], vectors: [rgb] })
    addMs.push(performance.now() - startedAt)
  }
  const logBytes = db.stats().wal.byteLength
  await db.close()

  await using reopened = await open({ path, wal })
  const found = await reopened.collection('colours')
  const [hit] = await found.search({ vector: SUNSET, k: 1 })
  return {
    addMs: addMs.sort((a, b) => a - b)[addMs.length >> 1] ?? 0,
    logBytes,
    rowsReopened: await found.count(),
    nearest: String(hit?.id),
  }
}

/** Runs the program in a directory of its own. */
async function tryWal(wal: WalFactory): Promise<Outcome> {
  const path = await mkdtemp(join(tmpdir(), 'sluice-swap-wal-'))
  try {
    return await storeColours(path, wal)
  } finally {
    await rm(path, { recursive: true })
  }
}

function printRow(cells: readonly string[]): void {
  const [log = '', ...numbers] = cells
  const widths = [14, 14, 16, 12]
  const right = numbers.map((cell, i) => cell.padStart(widths[i] ?? 0))
  process.stdout.write(`  ${log.padEnd(10)}${right.join('')}\n`)
}

const rowCount = Object.keys(COLOURS).length
process.stdout.write(`
The same program on three logs: ${rowCount} colours added one by one, each on disk
before the next; then closed, reopened, and asked for the one nearest a sunset.

`)
printRow(['log', 'ms per add', 'log bytes', 'rows reopened', 'nearest'])
for (const wal of [fileWal(), lmdbWal(), oneFileWal()]) {
  const { addMs, logBytes, rowsReopened, nearest } = await tryWal(wal)
  const counts = [logBytes, rowsReopened].map((n) => n.toLocaleString('en'))
  printRow([wal.name, addMs.toFixed(2), ...counts, nearest])
}
process.stdout.write('\n')
