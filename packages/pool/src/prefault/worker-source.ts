/**
 * Source of the thread that touches shared memory. It is a string so that it works from a bundle,
 * and plain CommonJS as `eval` workers are. A job is `{ id, bytes, stop }`; the answer is the id.
 * `stop[0]` becomes 1 to end a job early. How a page is touched: see touch-in-slices.ts.
 */

/**
 * Program of the prefault worker.
 * @internal
 */
export const PREFAULT_WORKER_SOURCE = `'use strict'
const { parentPort } = require('node:worker_threads')
parentPort.on('message', ({ id, bytes, stop }) => {
  for (let offset = 0; offset < bytes.length; offset += 4096) {
    if (Atomics.load(stop, 0) === 1) break
    Atomics.compareExchange(bytes, offset, 0, 0)
  }
  if (bytes.length > 0) Atomics.compareExchange(bytes, bytes.length - 1, 0, 0)
  parentPort.postMessage(id)
})
`
