/** The wait for a turn, which an aborted call gives up at once. */

import { abortedBefore, throwIfAborted } from '../abort.js'
import { listenForAbort } from '../listen-for-abort.js'
import type { SerialQueue } from '../serial-queue.js'

/**
 * Who waits for a turn.
 *
 * @internal
 */
export interface TurnRequest {
  readonly turns: SerialQueue
  readonly signal: AbortSignal | undefined
  /** The call, for the message: "the write". */
  readonly what: string
}

/**
 * Runs `task` after all tasks that were queued before; from its beginning on the signal is its own
 * business. One that was aborted before keeps its place and does nothing there. Whose turn it is at
 * once does not wait, and nothing listens to its signal.
 *
 * @throws AbortError when the signal fires first; what the task throws
 * @internal
 */
export function takeTurn<T>(request: TurnRequest, task: () => Promise<T>): Promise<T> {
  const { turns, signal, what } = request
  if (!signal || turns.isIdle) return turns.run(task)
  return new Promise((resolve, reject) => {
    let hasGivenUp = false
    const onAbort = (): void => {
      hasGivenUp = true
      turns.noteAbandoned(1)
      reject(abortedBefore(signal, what))
    }
    const stopListening = listenForAbort(signal, onAbort)
    const turn = turns.run(() => {
      stopListening()
      if (hasGivenUp) turns.noteAbandoned(-1)
      throwIfAborted(signal, what)
      return task()
    })
    turn.then(resolve, reject)
  })
}
