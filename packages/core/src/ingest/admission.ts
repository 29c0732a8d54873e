/**
 * The bound on writes under way, in bytes. A write waits here, in order, until earlier ones are
 * acknowledged; it is never refused and never dropped. One larger than the bound is let in alone.
 */

import { abortedBefore } from '../abort.js'
import type { SluiceError } from '../errors.js'

/** A writer in the queue. */
interface Waiter {
  readonly byteLength: number
  readonly admit: () => void
  readonly refuse: (error: SluiceError) => void
}

/**
 * How full the queue of writes is.
 *
 * @public
 */
export interface QueueStats {
  /** Bytes admitted and not yet acknowledged. */
  readonly bytes: number
  /** The bound. */
  readonly bytesMax: number
  /** Writes waiting to be admitted. */
  readonly waiting: number
  /** The most bytes ever admitted at once. */
  readonly bytesPeak: number
}

/**
 * A fair semaphore over bytes.
 *
 * @internal
 */
export class Admission {
  readonly #bytesMax: number
  #bytes = 0
  #bytesPeak = 0
  #waiters: Waiter[] = []
  #closedBy: SluiceError | undefined

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /**
   * Resolves once the bytes are admitted, with the function that gives them back.
   *
   * @throws AbortError when the signal fires first
   */
  async acquire(byteLength: number, signal?: AbortSignal): Promise<() => void> {
    if (this.#closedBy) throw this.#closedBy
    if (this.#waiters.length === 0 && this.#fits(byteLength)) this.#take(byteLength)
    else await this.#wait(byteLength, signal)
    return () => this.#giveBack(byteLength)
  }

  /** Refuses everything that waits and everything that comes. */
  close(error: SluiceError): void {
    this.#closedBy = error
    for (const waiter of this.#waiters.splice(0)) waiter.refuse(error)
  }

  /** How full it is. */
  stats(): QueueStats {
    return {
      bytes: this.#bytes,
      bytesMax: this.#bytesMax,
      waiting: this.#waiters.length,
      bytesPeak: this.#bytesPeak,
    }
  }

  #fits(byteLength: number): boolean {
    return this.#bytes === 0 || this.#bytes + byteLength <= this.#bytesMax
  }

  #take(byteLength: number): void {
    this.#bytes += byteLength
    this.#bytesPeak = Math.max(this.#bytesPeak, this.#bytes)
  }

  #wait(byteLength: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const stopListening = (): void => signal?.removeEventListener('abort', onAbort)
      const waiter: Waiter = {
        byteLength,
        admit: () => {
          stopListening()
          resolve()
        },
        refuse: (error) => {
          stopListening()
          reject(error)
        },
      }
      const onAbort = (): void => {
        this.#waiters = this.#waiters.filter((other) => other !== waiter)
        if (signal) waiter.refuse(abortedBefore(signal, 'the write'))
        this.#admitNext()
      }
      signal?.addEventListener('abort', onAbort, { once: true })
      this.#waiters.push(waiter)
    })
  }

  #giveBack(byteLength: number): void {
    this.#bytes -= byteLength
    this.#admitNext()
  }

  #admitNext(): void {
    for (let next = this.#waiters[0]; next; next = this.#waiters[0]) {
      if (!this.#fits(next.byteLength)) return
      this.#waiters.shift()
      this.#take(next.byteLength)
      next.admit()
    }
  }
}
