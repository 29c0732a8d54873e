/**
 * Writes rows with ids of a kind through `add`, and tells as a line of JSON by how much the heap of
 * JavaScript has grown and what the id index takes, per row.
 */

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { open } from '@sluice/core'

const { idKind, rowCount } = JSON.parse(process.argv[2])
const BATCH_ROWS = 20_000
const DIMENSION = 2

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc')

function heapBytes() {
  collect()
  return process.memoryUsage().heapUsed
}

function idsOf(firstRow) {
  if (idKind === 'u64') {
    return BigUint64Array.from({ length: BATCH_ROWS }, (_, i) => BigInt(firstRow + i) * 7919n)
  }
  return Array.from({ length: BATCH_ROWS }, (_, i) => `document-${firstRow + i}`)
}

function batchOf(firstRow) {
  const vectors = new Float32Array(BATCH_ROWS * DIMENSION)
  return idKind === 'assigned' ? { vectors } : { ids: idsOf(firstRow), vectors }
}

const database = await open()
const docs = await database.collection('docs', { dimension: DIMENSION, metric: 'l2' })
// What is compiled and made once is not of any row.
for (let row = 0; row < 5 * BATCH_ROWS; row += BATCH_ROWS) await docs.add(batchOf(row))
const heapBefore = heapBytes()
for (let row = 5 * BATCH_ROWS; row < 5 * BATCH_ROWS + rowCount; row += BATCH_ROWS) {
  await docs.add(batchOf(row))
}
const heapGrowth = heapBytes() - heapBefore
const { rows, idBytes } = docs.stats()
const told = { rows, heapBytesPerRow: heapGrowth / rowCount, idBytesPerRow: idBytes / rows }
process.stdout.write(`${JSON.stringify(told)}\n`)
await database.close()
