/** Injects page faults: fresh memory is touched all the time, on the main thread and beside it. */

import { performance } from 'node:perf_hooks'
import { Worker } from 'node:worker_threads'
import { FreshMemory } from '../../probe/fault-cost.js'
import type { Injection } from './injection.js'

const BYTES = 64 * 1024 * 1024
/** How long the event loop is held at once. */
const TURN_MS = 50

/** The same as {@link FreshMemory}, until the time that it is told. */
const WORKER = `
  const { parentPort } = require('node:worker_threads')
  parentPort.on('message', (until) => {
    while (Date.now() < until) {
      const buffer = new ArrayBuffer(${BYTES}, { maxByteLength: ${BYTES} })
      const bytes = new Uint8Array(buffer)
      for (let at = 0; at < bytes.length; at += 4096) bytes[at] = 1
      buffer.resize(0)
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
    const memory = new FreshMemory()
    const worker = new Worker(WORKER, { eval: true })
    try {
      await schedule.during((endMs) => {
        const untilMs = Math.min(endMs, performance.now() + TURN_MS)
        worker.postMessage(Date.now() + untilMs - performance.now())
        while (performance.now() < untilMs) memory.touch()
      }, signal)
    } finally {
      await worker.terminate()
    }
  },
}
