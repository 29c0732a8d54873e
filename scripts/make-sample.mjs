/**
 * Makes the sample in `examples/data` from the full set of 117,659 WordNet embeddings:
 *
 *     node scripts/make-sample.mjs <data dir> [out dir]
 *
 * The sample holds the exact nearest rows of every demo query, filled up with the most frequent
 * synsets, in corpus order: the answers to the demo queries are those of the full set.
 * Invariants: the same input gives the same bytes; vectors are copied bit for bit; ties go to
 * the lower row; the output is read back and checked before the script reports success.
 */
import { createHash } from 'node:crypto'
import { mkdir, open, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const dimension = 384
const rowBytes = dimension * 2
const blockBytes = 1024 * rowBytes
const sampleRowCount = 5000
const answersPerQuery = 20
const checkedPerQuery = 10
const totalBytesMax = 4_500_000
/** Rounding to float16 changes the length of a unit vector by at most about 2^-11 = 0.0005. */
const lengthTolerance = 0.001

const [dataDir, outDir = fileURLToPath(new URL('../examples/data', import.meta.url))] =
  process.argv.slice(2)
if (!dataDir) throw new Error('usage: node scripts/make-sample.mjs <data dir> [out dir]')
const source = (/** @type {string} */ name) => join(dataDir, name)
const output = (/** @type {string} */ name) => join(outDir, name)

/** Every float16 bit pattern as a number (IEEE 754 binary16: 1 sign, 5 exponent, 10 fraction). */
const float16Values = Float64Array.from({ length: 65536 }, (_, bits) => {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 0x1f
  const fraction = bits & 0x3ff
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : Number.NaN
  if (exponent === 0) return sign * fraction * 2 ** -24
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
})

/**
 * Yields the bytes of each row of a vector file; they are valid until the next row is taken.
 * @param {string} path
 */
async function* rowsOf(path) {
  const file = await open(path)
  try {
    const { size } = await file.stat()
    if (size % rowBytes !== 0) throw new Error(`${path}: ${size} bytes are not whole rows`)
    const block = Buffer.alloc(blockBytes)
    for (let position = 0; position < size; position += blockBytes) {
      const wanted = Math.min(blockBytes, size - position)
      const { bytesRead } = await file.read(block, 0, wanted, position)
      if (bytesRead !== wanted) throw new Error(`${path}: short read at byte ${position}`)
      for (let at = 0; at < wanted; at += rowBytes) yield block.subarray(at, at + rowBytes)
    }
  } finally {
    await file.close()
  }
}

/**
 * Yields each row as a unit vector, valid until the next row is taken.
 * @param {string} path
 * @throws if a row is not finite or its length is not about 1
 */
async function* unitsOf(path) {
  const unit = new Float64Array(dimension)
  let row = 0
  for await (const bytes of rowsOf(path)) {
    let squares = 0
    for (let i = 0; i < dimension; i++) {
      const value = float16Values[bytes.readUInt16LE(2 * i)] ?? Number.NaN
      unit[i] = value
      squares += value * value
    }
    const length = Math.sqrt(squares)
    // Written so that NaN fails too.
    if (!(Math.abs(length - 1) <= lengthTolerance)) {
      throw new Error(`${path}, row ${row}: expected length 1, got ${length}`)
    }
    for (let i = 0; i < dimension; i++) unit[i] = (unit[i] ?? 0) / length
    yield unit
    row++
  }
}

/**
 * Finds the exact nearest rows by cosine of each query, nearest first.
 * @param {string} queriesPath
 * @param {string} rowsPath
 * @param {number} k
 */
async function searchExact(queriesPath, rowsPath, k) {
  /** @type {{ query: Float64Array, best: { row: number, score: number }[] }[]} */
  const searches = []
  for await (const unit of unitsOf(queriesPath)) searches.push({ query: unit.slice(), best: [] })
  let row = 0
  for await (const unit of unitsOf(rowsPath)) {
    for (const { query, best } of searches) {
      let score = 0
      for (let i = 0; i < dimension; i++) score += (query[i] ?? 0) * (unit[i] ?? 0)
      if (best.length === k && score <= (best[k - 1]?.score ?? 0)) continue
      // Rows come in order, so a place behind equal scores gives ties to the lower row.
      const place = best.findIndex((other) => other.score < score)
      best.splice(place < 0 ? best.length : place, 0, { row, score })
      if (best.length > k) best.pop()
    }
    row++
  }
  return { nearest: searches.map(({ best }) => best), rowCount: row }
}

/**
 * Reads a file of one JSON value per line.
 * @param {string} path
 */
async function readJsonLines(path) {
  const values = []
  for await (const line of (await open(path)).readLines()) values.push(JSON.parse(line))
  return values
}

/**
 * Writes the chosen rows in corpus order, the queries and the licence.
 * @param {readonly { id: string, pos: string, words: string[], definition: string }[]} synsets
 * @param {ReadonlySet<number>} chosen
 */
async function writeSample(synsets, chosen) {
  const vectors = []
  let row = 0
  for await (const bytes of rowsOf(source('wordnet.f16'))) {
    if (chosen.has(row++)) vectors.push(Buffer.from(bytes))
  }
  const lines = synsets
    .filter((_, row) => chosen.has(row))
    .map(({ id, pos, words, definition }) => `${JSON.stringify([id, pos, words, definition])}\n`)
  await mkdir(outDir, { recursive: true })
  await writeFile(output('synsets.f16'), Buffer.concat(vectors))
  await writeFile(output('synsets.jsonl'), lines.join(''))
  for (const name of ['demo-queries.f16', 'demo-queries.txt', 'LICENSE-WordNet']) {
    await writeFile(output(name.replace('demo-', '')), await readFile(source(name)))
  }
}

/**
 * Reads the sample back: counts, lengths, and for each query the answers of the full set.
 * @param {readonly (readonly string[])[]} answers the full set's nearest ids of each query
 */
async function verifySample(answers) {
  const synsets = await readJsonLines(output('synsets.jsonl'))
  const texts = (await readFile(output('queries.txt'), 'utf8')).trimEnd().split('\n')
  const found = await searchExact(output('queries.f16'), output('synsets.f16'), checkedPerQuery)
  const counts = [found.rowCount, synsets.length, found.nearest.length, texts.length].join()
  const expected = [sampleRowCount, sampleRowCount, answers.length, answers.length].join()
  if (counts !== expected) throw new Error(`expected counts ${expected}, got ${counts}`)
  for (const [index, best] of found.nearest.entries()) {
    const ids = best.map(({ row }) => synsets[row][0]).join()
    const wanted = answers[index]?.slice(0, checkedPerQuery).join()
    if (ids !== wanted) throw new Error(`"${texts[index]}": expected ${wanted}, got ${ids}`)
  }
}

/** Prints each file's hash and size, and checks the sum. */
async function summarizeSample() {
  let total = 0
  for (const name of (await readdir(outDir)).sort()) {
    const bytes = await readFile(output(name))
    const hash = createHash('sha256').update(bytes).digest('hex')
    process.stdout.write(`${hash} ${bytes.length} ${name}\n`)
    total += bytes.length
  }
  if (total > totalBytesMax) throw new Error(`expected <= ${totalBytesMax} bytes, got ${total}`)
  process.stdout.write(`${total} bytes in all\n`)
}

const synsets = await readJsonLines(source('wordnet.jsonl'))
const { nearest, rowCount } = await searchExact(
  source('demo-queries.f16'),
  source('wordnet.f16'),
  answersPerQuery,
)
if (synsets.length !== rowCount) throw new Error(`${synsets.length} texts, ${rowCount} vectors`)

const chosen = new Set(nearest.flat().map(({ row }) => row))
const answerCount = chosen.size
const byFrequency = [...synsets.keys()].sort(
  (a, b) => synsets[b].frequency - synsets[a].frequency || a - b,
)
for (const row of byFrequency) if (chosen.size < sampleRowCount) chosen.add(row)

await writeSample(synsets, chosen)
await verifySample(nearest.map((best) => best.map(({ row }) => synsets[row].id)))
process.stdout.write(
  `${sampleRowCount} of ${rowCount} synsets: ${answerCount} answers to ${nearest.length} ` +
    'queries, then the most frequent; ' +
    `every query's ${checkedPerQuery} nearest are the full set's\n`,
)
await summarizeSample()
