/**
 * What is to be done where the process ends before its time: by a signal, by an exception that
 * nobody caught, by `process.exit`. Signals are listened to only while there is something to do:
 * a listener runs when the event loop is free, and what holds it could not be ended otherwise.
 */

import { constants } from 'node:os'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
/** What shells add to the number of a signal. */
const SIGNAL_STATUS = 128

const undos = new Set<() => void>()

/**
 * Has a function called if the process ends from now on; a signal ends it with status 128 and its
 * number.
 *
 * @param undo - takes no time; those that came last are called first
 * @returns the function that takes it back
 * @internal
 */
export function atEarlyEnd(undo: () => void): () => void {
  if (undos.size === 0) {
    process.on('exit', undoAll)
    for (const signal of SIGNALS) process.on(signal, exitBy)
  }
  undos.add(undo)
  return () => {
    if (!undos.delete(undo) || undos.size > 0) return
    process.off('exit', undoAll)
    for (const signal of SIGNALS) process.off(signal, exitBy)
  }
}

function exitBy(signal: (typeof SIGNALS)[number]): never {
  process.exit(SIGNAL_STATUS + constants.signals[signal])
}

function undoAll(): void {
  for (const undo of [...undos].reverse()) {
    try {
      undo()
    } catch (error) {
      // The others are to be called all the same.
      process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    }
  }
}
