/**
 * Writers on several collections of a database in memory, until each was refused often enough; a
 * collection is dropped now and then, and they go on. Tells at the end, as a line of JSON, what was
 * seen on the way: the most bytes of budget and of the process, and every refusal that was not as
 * it should be.
 */

import { setImmediate } from 'node:timers/promises'
import { open } from '@sluice/core'

const { directory, memoryBytesMax, segmentBytes, rounds, dimension } = JSON.parse(process.argv[2])
const COLLECTIONS = 3
const WRITERS = 3
const REFUSALS_OF_A_WRITER = 4
const ROWS_MAX = 4096

const database = await open({
  ...(directory ? { path: directory } : {}),
  memoryBytesMax,
  // A log in memory is cut, too.
  checkpoint: { logBytesMax: 4 * 1024 * 1024 },
})
const schema = { dimension, dtype: 'float32', metric: 'l2', segmentBytes }
const seen = { usedBytesMax: 0, rssBytesMax: 0, refusals: 0, written: 0, wrong: [] }

function sample() {
  const { memory, queue } = database.stats()
  const { usedBytes, bytesMax, leasedBytes, aliveBytes, queueBytes } = memory.budget
  seen.usedBytesMax = Math.max(seen.usedBytesMax, usedBytes)
  seen.rssBytesMax = Math.max(seen.rssBytesMax, process.memoryUsage.rss())
  const isSum = usedBytes === leasedBytes + aliveBytes + queueBytes
  const isTrue = leasedBytes === memory.leasedBytes && queueBytes === queue.bytes
  if (usedBytes > bytesMax || !isSum || !isTrue) seen.wrong.push({ memory, queue })
}

/** Of each writer: what is not admitted is the caller's memory, and not counted. */
const arrays = Array.from({ length: COLLECTIONS * WRITERS }, () =>
  new Float32Array(ROWS_MAX * dimension).fill(0.5),
)

function batchOf(prefix, number, rowCount, vectors = arrays[0]) {
  const ids = Array.from({ length: rowCount }, (_, i) => `${prefix}-${number}-${i}`)
  const metadata = ids.map((id, i) => ({ id, number: i }))
  return { ids, metadata, vectors: vectors.subarray(0, rowCount * dimension) }
}

async function write(docs, prefix, vectors) {
  let refusals = 0
  for (let number = 0; refusals < REFUSALS_OF_A_WRITER; number++) {
    const rowCount = 1 + ((number * 397 + vectors.length) % ROWS_MAX)
    const batch = batchOf(prefix, number, rowCount, vectors)
    const error = await docs.add(batch).then(
      () => undefined,
      (refusal) => refusal,
    )
    sample()
    if (!error) seen.written += rowCount
    else {
      refusals += 1
      const { asked, used, max } = error.details
      const isTyped = error.code === 'SLUICE_LIMIT_EXCEEDED' && asked + used > max
      const isAllocators = error.message.includes('the allocator refused')
      if (!isTyped && !isAllocators) seen.wrong.push({ message: error.message })
      if ((await docs.get([batch.ids[0]]))[0]) seen.wrong.push({ found: batch.ids[0] })
    }
  }
  seen.refusals += refusals
}

async function soak(round) {
  const names = Array.from({ length: COLLECTIONS }, (_, i) => `docs-${i}`)
  const collections = await Promise.all(names.map((name) => database.collection(name, schema)))
  const writers = arrays.map((vectors, writer) =>
    write(collections[writer % COLLECTIONS], `${round}-${writer}`, vectors),
  )
  let isOver = false
  const watch = (async () => {
    while (!isOver) {
      sample()
      await setImmediate()
    }
  })()
  await Promise.all(writers)
  isOver = true
  await watch
  const before = seen.written
  await database.dropCollection(names[round % COLLECTIONS])
  const again = await database.collection('again', schema)
  await again.add(batchOf('again', round, 100))
  await database.dropCollection('again')
  return before
}

const rssBytesBefore = process.memoryUsage.rss()
const writtenAt = []
for (let round = 0; round < rounds; round++) writtenAt.push(await soak(round))
await database.close()
process.stdout.write(`${JSON.stringify({ ...seen, rssBytesBefore, writtenAt })}\n`)
