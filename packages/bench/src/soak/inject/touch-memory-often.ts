/** Injects page faults: fresh memory is touched all the time, on the main thread and beside it. */

import { performance } from 'node:perf_hooks'
import { Worker } from 'node:worker_threads'
import { touchFreshMemory } from '../../probe/fault-cost.js'
import type { Injection } from './injection.js'

const BYTES = 64 * 1024 * 1024
/** How long the event loop is held at once. */
const TURN_MS = 50

/** The same as {@link touchFreshMemory}, until the time that it is told. */
const WORKER = `
  const { parentPort } = require('node:worker_threads')
  parentPort.on('message', (until) => {
    while (Date.now() < until) {
      const bytes = new Uint8Array(${BYTES})
      for (let at = 0; at < bytes.length; at += 4096) bytes[at] = 1
    }
  })
`

/**
 * The fault.
 *
 * @internal
 */
export const touchMemoryOften: Injection = {
  cause: 'page-faults',
  async run(schedule, _, signal) {
    const worker = new Worker(WORKER, { eval: true })
    try {
      await schedule.during((endMs) => {
        const untilMs = Math.min(endMs, performance.now() + TURN_MS)
        worker.postMessage(Date.now() + untilMs - performance.now())
        while (performance.now() < untilMs) touchFreshMemory(BYTES)
      }, signal)
    } finally {
      await worker.terminate()
    }
  },
}
