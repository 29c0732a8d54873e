/**
 * Makes a golden directory for each WAL in `packages/core/test/golden`: a small database in the
 * format of today, packed, and what must be found in it. Later releases open it for ever:
 *
 *     npx -y pnpm@12 run build && node scripts/make-golden.mjs
 *
 * A packed directory is gzip of: the length of a JSON text (u32, little endian), the text, a list
 * of `{ path, byteLength }`, then the bytes of these files. Segments are mostly zeros, so that it
 * is small. What is expected comes from the writes, not from what the database says it holds.
 */
import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { fileWal, open } from '@sluice/core'
import { lmdbWal } from '@sluice/wal-lmdb'

const OUT = fileURLToPath(new URL('../packages/core/test/golden', import.meta.url))
const FORMAT = 1
const SEED = 20_260_101
const SEGMENT_BYTES = 262_144
const packedBytesMax = 90_000
const wals = { file: () => fileWal({ segmentBytesMax: 65_536 }), lmdb: () => lmdbWal() }

/**
 * Collections: 32 rows of `long` fill a segment.
 * @type {Record<string, import('@sluice/core').CollectionSchema>}
 */
const schemas = {
  text: { dimension: 8, dtype: 'float32', metric: 'cosine', segmentBytes: SEGMENT_BYTES },
  long: { dimension: 2000, dtype: 'float32', metric: 'l2', segmentBytes: SEGMENT_BYTES },
  bytes: { dimension: 16, dtype: 'int8', metric: 'dot', segmentBytes: SEGMENT_BYTES },
  bits: { dimension: 64, dtype: 'bit', metric: 'hamming', segmentBytes: SEGMENT_BYTES },
  empty: { dimension: 3, dtype: 'float64', metric: 'l2', segmentBytes: SEGMENT_BYTES },
}

/** Numbers from the seed, by mulberry32. */
let state = SEED
function below(/** @type {number} */ bound) {
  state = (state + 0x6d2b79f5) >>> 0
  let mixed = Math.imul(state ^ (state >>> 15), state | 1)
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
  return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * bound)
}

/** One vector; long ones repeat 10 numbers, so that they pack well. */
function vectorOf(/** @type {string} */ name) {
  const { dimension, dtype } = schemas[name]
  const numbers = Array.from({ length: Math.min(dimension, 10) }, () => below(200) - 100)
  const values = Array.from({ length: dimension }, (_, i) => numbers[i % 10] + (i % 7))
  if (dtype === 'bit') return Uint8Array.from({ length: dimension / 8 }, () => below(256))
  return dtype === 'int8' ? Int8Array.from(values) : Float32Array.from(values, (x) => x / 8)
}

function metadataOf(/** @type {number} */ i) {
  if (i % 3 === 0) return undefined
  return { number: i, text: `row ${i} \u{1F4A7}`, list: [true, null, { deep: -i / 4 }] }
}

/** A collection, and what it must hold. */
class Table {
  rows = new Map()
  nextId = 1n

  constructor(collection, name) {
    this.collection = collection
    this.name = name
  }

  async write(/** @type {'add' | 'upsert'} */ kind, ids) {
    const vectors = ids.map(() => vectorOf(this.name))
    const metadata = ids.map((_, i) => metadataOf(this.rows.size + i))
    const isAssigned = kind === 'add' && this.name === 'long'
    await this.collection[kind]({ ...(isAssigned ? {} : { ids }), vectors, metadata })
    for (const [i, id] of ids.entries()) {
      // A row that replaces another is a new one, at the end.
      this.rows.delete(id)
      this.rows.set(id, { vector: vectors[i], metadata: metadata[i] })
      if (isAssigned) this.nextId = id + 1n
    }
  }

  async delete(ids) {
    await this.collection.delete({ ids })
    for (const id of ids) this.rows.delete(id)
  }

  get expected() {
    const rows = Array.from(this.rows, ([id, { vector, metadata }]) => {
      const bytes = Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength)
      const sha256 = createHash('sha256').update(bytes).digest('hex').slice(0, 32)
      return { id: String(id), metadata, sha256 }
    })
    const nextId = this.name === 'long' ? String(this.nextId) : undefined
    return { schema: schemas[this.name], nextId, rows }
  }
}

const u64 = (/** @type {number} */ from, /** @type {number} */ to) =>
  Array.from({ length: to - from }, (_, i) => BigInt(from + i))
const texts = (/** @type {number} */ from, /** @type {number} */ to) =>
  u64(from, to).map((i) => `text-${i}-${'é'.repeat(Number(i % 5n))}`)

/** Writes, two checkpoints that free segments, and a tail of log behind them. */
async function fill(database, tables) {
  const { text, long, bytes, bits } = tables
  await long.write('add', u64(1, 81))
  await text.write('upsert', texts(0, 120))
  await bytes.write('add', u64(2 ** 40, 2 ** 40 + 50))
  await (await database.collection('dropped', schemas.text)).add({ vectors: [vectorOf('text')] })
  await database.checkpoint()
  await long.delete(u64(1, 40))
  await text.delete(texts(10, 30))
  await database.dropCollection('dropped')
  await database.checkpoint()
  await bits.write('upsert', u64(7, 20))
  await text.write('upsert', texts(20, 40))
  await long.write('upsert', u64(50, 60))
  await database.checkpoint()
  await long.write('add', u64(81, 93))
  await text.delete(texts(100, 110))
  await text.write('add', ['the last one'])
  await bytes.write('upsert', u64(2 ** 40 + 45, 2 ** 40 + 47))
  await bits.write('upsert', u64(15, 17))
}

async function packDirectory(/** @type {string} */ directory) {
  const names = (await readdir(directory, { recursive: true })).filter(
    (name) => name !== 'LOCK' && !name.endsWith('-lock'),
  )
  const files = []
  const contents = []
  for (const path of names.sort()) {
    if (!(await stat(join(directory, path))).isFile()) continue
    const bytes = await readFile(join(directory, path))
    files.push({ path, byteLength: bytes.length })
    contents.push(bytes)
  }
  const head = Buffer.from(JSON.stringify(files))
  const length = Buffer.alloc(4)
  length.writeUInt32LE(head.length)
  return gzipSync(Buffer.concat([length, head, ...contents]), { level: 9 })
}

async function makeGolden(/** @type {'file' | 'lmdb'} */ wal) {
  const path = await mkdtemp(join(tmpdir(), 'sluice-golden-'))
  state = SEED
  const database = await open({ path, wal: wals[wal](), checkpoint: false })
  /** @type {Record<string, Table>} */
  const tables = {}
  for (const [name, schema] of Object.entries(schemas)) {
    tables[name] = new Table(await database.collection(name, schema), name)
  }
  await fill(database, tables)
  const { lastLsn } = database.stats().wal
  await database.close()
  const entries = Object.entries(tables).map(([name, table]) => [name, table.expected])
  const packed = await packDirectory(path)
  if (packed.length > packedBytesMax) throw new Error(`${packed.length} bytes are too many`)
  const name = join(OUT, `format-${FORMAT}-${wal}`)
  const collections = Object.fromEntries(entries)
  const expected = { wal, lastLsn: String(lastLsn), collections }
  await writeFile(`${name}.gz`, packed)
  await writeFile(`${name}.json`, `${JSON.stringify(expected)}\n`)
  await rm(path, { recursive: true })
  process.stdout.write(`${name}.gz: ${packed.length} bytes\n`)
}

for (const wal of /** @type {const} */ (['file', 'lmdb'])) await makeGolden(wal)
