/**
 * A process that ends by itself, in any way, at any moment, with writes under way: it ends, and
 * what it had acknowledged is there.
 */

import { lmdbWal } from '@sluice/wal-lmdb'
import { describe, expect, it } from 'vitest'
import { fileWal } from '../../src/index.js'
import { temporaryDirectory } from '../support/temporary-directory.js'
import { type ChildEnd, runChild } from './child-process.js'
import { readDatabase } from './read-state.js'

const ENDS = ['exit', 'throw', 'reject', 'SIGTERM', 'nothing'] as const
const MOMENTS = [
  'while opening',
  'between writes',
  'before the first await',
  'after a microtask',
  'in the middle of a write',
  'after the first acknowledgement',
  'after the last acknowledgement',
  'while closing',
  'after closing',
] as const

/** What the child writes: rows per operation, over and over. */
const KEYS_PER_WRITE = [3, 700, 1, 40]

const EXPECTED_END = {
  exit: { code: 3, signal: null },
  throw: { code: 1, signal: null },
  reject: { code: 1, signal: null },
  SIGTERM: { code: null, signal: 'SIGTERM' },
  nothing: { code: 0, signal: null },
}

async function checkNothingLost(
  directory: string,
  wal: 'file' | 'lmdb',
  child: ChildEnd,
): Promise<void> {
  const factory = wal === 'lmdb' ? lmdbWal() : fileWal()
  const { rows } = await readDatabase({ path: directory, wal: factory }, 'u64')
  const rowsByOperation = new Map<number, number>()
  for (const number of rows.values()) {
    rowsByOperation.set(number, (rowsByOperation.get(number) ?? 0) + 1)
  }
  for (const [number, count] of rowsByOperation) {
    // Keys never meet, so an operation is there as a whole or not at all.
    expect(count, `rows of operation ${number}`).toBe(KEYS_PER_WRITE[number % 4])
  }
  const acknowledged = child.lines.filter((line) => line.startsWith('acknowledge '))
  for (const line of acknowledged) {
    expect(rowsByOperation.has(Number(line.split(' ')[1])), line).toBe(true)
  }
}

describe.each(['file', 'lmdb'] as const)('a process with writes under way on the %s WAL', (wal) => {
  describe.each(ENDS)('that ends by %s', (end) => {
    it.each(MOMENTS)('%s ends, and has lost nothing acknowledged', async (moment) => {
      const directory = await temporaryDirectory()
      const child = await runChild({
        script: 'exit-child.mjs',
        work: { directory, wal, end, moment },
        hungAfterMs: 20_000,
      })
      expect(child.lines, child.stderr).toContain(`end ${moment}`)
      const { code, signal, stderr } = child
      expect({ code, signal }, stderr).toEqual(EXPECTED_END[end])
      await checkNothingLost(directory, wal, child)
    })
  })
})
