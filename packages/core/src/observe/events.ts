/**
 * What a database tells without being asked: typed events for the one who opened it, and the same
 * on `node:diagnostics_channel` (`sluice:warning`, …) for tools that watch the whole process.
 */

import { channel } from 'node:diagnostics_channel'
import type { SluiceError } from '../errors.js'
import type { SluiceWarning } from '../warning.js'
import type { StallEvent } from './timings.js'

/**
 * A checkpoint that was made.
 *
 * @public
 */
export interface CheckpointEvent {
  /** Its number; 0 in memory, where the log is cut and nothing is written. */
  readonly number: number
  /** The last record it contains. */
  readonly lsn: bigint
  /** Bytes of its file. */
  readonly byteLength: number
  /** How long it took, in the background. */
  readonly durationMs: number
}

/**
 * How far the making of lists of an index has come, in the background or by `optimize`.
 *
 * @public
 */
export interface BuildEvent {
  /** The name of the collection. */
  readonly collection: string
  /**
   * Rows are drawn, lists found, rows put into lists, lists written, the recall measured; in the
   * end searches go through the lists, or they were found not to pay.
   */
  readonly stage: 'sample' | 'train' | 'assign' | 'write' | 'calibrate' | 'done' | 'futile'
  /** Rows that the stage has gone through. */
  readonly rowsDone: number
  /** Rows that it will have gone through. */
  readonly rowsTotal: number
  /** Since the build began. */
  readonly durationMs: number
}

/**
 * The events of a database, by name, with what listeners receive.
 *
 * @public
 */
export interface DatabaseEvents {
  /** Something worth knowing that is not an error. */
  readonly warning: SluiceWarning
  /** An I/O error ended all writing; reads go on over durable rows. Close and reopen to recover. */
  readonly poisoned: SluiceError
  /** A checkpoint was made: opening replays the log only from there. */
  readonly checkpoint: CheckpointEvent
  /** Lists of an index are being made: many times a second, and when it is done. */
  readonly build: BuildEvent
  /** A write waited for the queue or the disk for more than a second. */
  readonly stall: StallEvent
}

/** A listener, whatever its event. */
type Listener = (event: never) => void

/**
 * A typed, synchronous event source.
 *
 * @internal
 */
export class Events {
  readonly #listeners = new Map<keyof DatabaseEvents, Set<Listener>>()

  /** Adds a listener; returns the function that removes it. */
  on<Name extends keyof DatabaseEvents>(
    name: Name,
    listener: (event: DatabaseEvents[Name]) => void,
  ): () => void {
    const listeners = this.#listeners.get(name) ?? new Set()
    this.#listeners.set(name, listeners.add(listener))
    return () => {
      listeners.delete(listener)
    }
  }

  /** Tells all listeners and the diagnostics channel. */
  emit<Name extends keyof DatabaseEvents>(name: Name, event: DatabaseEvents[Name]): void {
    channel(`sluice:${name}`).publish(event)
    for (const listener of this.#listeners.get(name) ?? []) {
      try {
        listener(event as never)
      } catch (error) {
        // A listener's mistake is the application's: it must neither vanish nor stop the others.
        process.nextTick(() => {
          throw error
        })
      }
    }
  }
}
