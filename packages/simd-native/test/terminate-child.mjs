/**
 * Starts threads, terminates each while it runs native kernels or brings memory in, and tells as a
 * line of JSON how many there were and by how much the process has grown.
 */

import { once } from 'node:events'
import { Worker } from 'node:worker_threads'

const { workers, memoryBytes } = JSON.parse(process.argv[2])
const WARM_UP = 10

async function terminateOne(index) {
  const workerData = { memoryBytes, isBusy: index % 2 === 0 }
  const worker = new Worker(new URL('terminate-worker.mjs', import.meta.url), { workerData })
  await once(worker, 'message')
  await worker.terminate()
}

for (let index = 0; index < WARM_UP; index++) await terminateOne(index)
const before = process.memoryUsage.rss()
let terminated = 0
for (let index = 0; index < workers; index++) {
  await terminateOne(index)
  terminated += 1
}
const grownBytes = process.memoryUsage.rss() - before
process.stdout.write(`${JSON.stringify({ terminated, grownBytes })}\n`)
