/** Threads that end when they are told to, in any order: the worst that real ones can do. */

import { setImmediate as nextTurn } from 'node:timers/promises'
import type { EncodeTask } from '../../../src/contract/index.js'
import type { Encoders } from '../../../src/index/encode/encode-pool.js'
import { scalarKernels } from '../../../src/kernels/scalar/scalar-kernels.js'

/** Encodes rows as they are when they are handed over, and writes the codes at the very end. */
export class LateEncoders implements Encoders {
  readonly isFit = true
  readonly tasksMax = 4
  readonly taskBytes: number
  readonly #tasks: ((isEncoded: boolean) => void)[] = []
  #isPrompt = false

  constructor(taskBytes: number) {
    this.taskBytes = taskBytes
  }

  /** Those under way. */
  get count(): number {
    return this.#tasks.length
  }

  encode(task: EncodeTask): Promise<boolean> {
    const blocks = new Uint8Array(task.blocks.byteLength)
    scalarKernels.encode({ ...task, blocks })
    return new Promise((resolve) => {
      const end = (isEncoded: boolean): void => {
        if (isEncoded) task.blocks.set(blocks)
        else task.blocks.fill(0xee)
        resolve(isEncoded)
      }
      if (this.#isPrompt) end(true)
      else this.#tasks.push(end)
    })
  }

  /** Ends one of those under way, if there are any. */
  async end(number: number, isEncoded: boolean): Promise<void> {
    if (this.#tasks.length === 0) return
    const [end] = this.#tasks.splice(number % this.#tasks.length, 1)
    end?.(isEncoded)
    await nextTurn()
  }

  /** Ends all at once as long as something runs that waits for them. */
  async prompt(run: () => Promise<void>): Promise<void> {
    this.#isPrompt = true
    for (const end of this.#tasks.splice(0)) end(true)
    await run()
    this.#isPrompt = false
  }
}
