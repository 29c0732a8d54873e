/**
 * Threads that help the one that clusters. They do nothing by themselves, and end with it at the
 * latest. One that fails, or cannot start, only does not help: what it leaves undone is done by the
 * thread that clusters, which meets the same failure where it lies in the input.
 */

import { Worker } from 'node:worker_threads'
import type { Assistants } from './cluster-input.js'
import type { SharedWork } from './shared-work.js'
import type { ThreadTask } from './thread-messages.js'

/**
 * Starts assistants of the thread that calls.
 *
 * @param program - of an assistant (assistant-thread-entry.ts)
 * @internal
 */
export function startAssistants(program: URL, task: ThreadTask): Assistants {
  const threads = Array.from({ length: task.assistants }, () => new Assistant(program, task))
  return {
    async help(work): Promise<void> {
      await Promise.all(threads.map((thread) => thread.help(work)))
    },
  }
}

class Assistant {
  readonly #worker: Worker | undefined
  #settle = (): void => undefined
  #isEnded = false

  constructor(program: URL, task: ThreadTask) {
    this.#worker = startWorker(program, task)
    this.#isEnded = this.#worker === undefined
    this.#worker?.on('message', () => this.#settle())
    // Its exit follows.
    this.#worker?.on('error', () => undefined)
    this.#worker?.on('exit', () => {
      this.#isEnded = true
      this.#settle()
    })
  }

  async help(work: SharedWork): Promise<void> {
    if (this.#isEnded) return
    const settled = new Promise<void>((resolve) => {
      this.#settle = resolve
    })
    this.#worker?.postMessage(work)
    await settled
  }
}

function startWorker(program: URL, task: ThreadTask): Worker | undefined {
  try {
    return new Worker(program, { workerData: task, execArgv: [], name: 'sluice-assistant' })
  } catch {
    // There are no more threads to be had.
    return undefined
  }
}
