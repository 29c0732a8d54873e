/**
 * The door for writes: bounds the bytes of those under way, and makes those wait for which there
 * is no memory. Nobody overtakes: writes come in in the order of their arrival, and one that found
 * no memory inside goes back to its place. It holds nothing then, so that all who are inside can
 * leave, and tries again once it is alone. Only a write that found too little memory alone, when
 * nothing more could be reclaimed, is refused.
 * A write must not wait, while it is inside, for one that may be waiting here.
 */

import { abortedBefore } from '../abort.js'
import type { SluiceError } from '../errors.js'
import { listenForAbort } from '../listen-for-abort.js'
import { type MemoryBudget, MemoryRefusal, memoryRefusalOf } from './memory-budget.js'
import { QueueDepths, type QueueStats } from './queue-depths.js'

/**
 * What an {@link Admission} is made of.
 *
 * @internal
 */
export interface AdmissionOptions {
  /** Most bytes under way; one write that is larger is let in alone. */
  readonly queueBytesMax: number
  /** The memory that all writes share. */
  readonly budget: MemoryBudget
  /**
   * Gives back memory that nobody needs; resolves with whether there was any. Called with the
   * bytes that are missing when a write would be refused otherwise, and never twice at a time. It
   * must not wait for a write.
   */
  readonly reclaim?: ((byteLength: number) => Promise<boolean>) | undefined
}

/**
 * Who wants to come in.
 *
 * @internal
 */
export interface AdmissionRequest {
  /** What it counts for until it is given back. */
  readonly byteLength: number
  /** Ends the wait. */
  readonly signal: AbortSignal | undefined
  /** The call, for messages: "the write". */
  readonly what: string
}

/**
 * What an attempt led to.
 *
 * @internal
 */
export interface Admitted<T> {
  readonly value: T
  /** To be called once, when the bytes are not needed any more. */
  readonly giveBack: () => void
}

/** One that came, wherever it is. */
interface Visitor extends AdmissionRequest {
  /** Its place in the order of arrival. */
  readonly place: number
  /** What its last attempt ran into. */
  refusal: MemoryRefusal | undefined
  /** Whether it was alone in that attempt, and nothing has changed since it began. */
  isFinal: boolean
  admit: () => void
  refuse: (error: SluiceError) => void
}

/**
 * A fair door with two bounds: bytes under way, and memory.
 *
 * @internal
 */
export class Admission {
  /** The bytes under way that visitors found. */
  readonly depths: QueueDepths = new QueueDepths()
  readonly #options: AdmissionOptions
  readonly #budget: MemoryBudget
  #bytes = 0
  #bytesPeak = 0
  /** Visitors that were admitted and have not left. */
  #insideCount = 0
  /** The one inside that found no memory before; nobody follows it until its attempt is over. */
  #alone: Visitor | undefined
  /** In the order of arrival. */
  readonly #waiting: Visitor[] = []
  #arrivals = 0
  #isReclaiming = false
  #closedBy: SluiceError | undefined

  constructor(options: AdmissionOptions) {
    this.#options = options
    this.#budget = options.budget
    this.#budget.watch((kind) => {
      if (kind !== 'queue') this.#tryAgain()
    })
  }

  /**
   * Runs an attempt once its bytes are admitted, and again, from the beginning, where it failed
   * for want of memory and more may be had.
   *
   * @param attempt - changes nothing when it fails
   * @returns what it led to; the bytes stay admitted until they are given back
   * @throws StateError `SLUICE_LIMIT_EXCEEDED` when there is no memory; AbortError when
   * the signal fires first; what the attempt throws
   */
  async run<T>(request: AdmissionRequest, attempt: () => Promise<T>): Promise<Admitted<T>> {
    const { byteLength } = request
    if (byteLength > this.#budget.bytesMax) throw this.#budget.refusal(byteLength)
    const visitor = this.#visitorOf(request)
    this.depths.record(this.#bytes)
    for (;;) {
      if (!this.#enterAtOnce(visitor)) await this.#enter(visitor)
      const { lentBytes } = this.#budget
      try {
        const value = await attempt()
        this.#endAttempt(visitor)
        return { value, giveBack: () => this.#leave(visitor) }
      } catch (error) {
        visitor.refusal = memoryRefusalOf(error)
        // Had others given back, or it itself taken what stays, it might do better next time.
        visitor.isFinal = this.#alone === visitor && this.#budget.lentBytes === lentBytes
        this.#stepOut(visitor)
        if (visitor.refusal) continue
        this.#advance()
        throw error
      }
    }
  }

  /** Refuses everything that waits and everything that comes. */
  close(error: SluiceError): void {
    this.#closedBy = error
    for (const visitor of this.#waiting.splice(0)) visitor.refuse(error)
  }

  /** How full it is. */
  stats(): QueueStats {
    return {
      bytes: this.#bytes,
      bytesMax: this.#options.queueBytesMax,
      waiting: this.#waiting.length,
      bytesPeak: this.#bytesPeak,
      depth: this.depths.stats(),
    }
  }

  #visitorOf({ byteLength, signal, what }: AdmissionRequest): Visitor {
    const place = this.#arrivals++
    const admit = noop
    const refuse = noop
    return { byteLength, signal, what, place, refusal: undefined, isFinal: false, admit, refuse }
  }

  /** Admits a visitor who need not wait, if so: most need not, and waiting costs memory. */
  #enterAtOnce(visitor: Visitor): boolean {
    const isWaitedFor = this.#waiting.length > 0 || this.#alone !== undefined
    if (isWaitedFor || this.#closedBy || visitor.signal?.aborted) return false
    if (!this.#mayEnter(visitor)) return false
    this.#letIn(visitor)
    return true
  }

  /** Waits at its place until it is admitted. */
  #enter(visitor: Visitor): Promise<void> {
    const { signal, what, place } = visitor
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        if (signal) this.#turnAway(visitor, abortedBefore(signal, what))
        this.#advance()
      }
      const stopListening = signal && listenForAbort(signal, onAbort)
      visitor.admit = () => {
        stopListening?.()
        resolve()
      }
      visitor.refuse = (error) => {
        stopListening?.()
        reject(error)
      }
      const later = this.#waiting.findIndex((other) => other.place > place)
      this.#waiting.splice(later < 0 ? this.#waiting.length : later, 0, visitor)
      if (this.#closedBy) this.#turnAway(visitor, this.#closedBy)
      if (signal?.aborted) onAbort()
      else this.#advance()
    })
  }

  /** Admits those in front, as far as there is room. */
  #advance(): void {
    for (let next = this.#waiting[0]; next && !this.#alone; next = this.#waiting[0]) {
      if (this.#mayEnter(next)) this.#admit(next)
      else if (this.#insideCount > 0 || this.#isReclaiming) return
      else if (this.#options.reclaim) void this.#reclaimFor(next, this.#options.reclaim)
      else this.#turnAway(next, this.#refusalOf(next))
    }
  }

  #mayEnter({ byteLength, refusal, isFinal }: Visitor): boolean {
    if (!this.#budget.fits(byteLength)) return false
    if (refusal) return this.#insideCount === 0 && !isFinal
    return this.#bytes === 0 || this.#bytes + byteLength <= this.#options.queueBytesMax
  }

  #admit(visitor: Visitor): void {
    this.#waiting.shift()
    this.#letIn(visitor)
    visitor.admit()
  }

  #letIn(visitor: Visitor): void {
    const { byteLength } = visitor
    if (visitor.refusal) this.#alone = visitor
    this.#insideCount += 1
    this.#bytes += byteLength
    this.#bytesPeak = Math.max(this.#bytesPeak, this.#bytes)
    this.#budget.take('queue', byteLength)
  }

  #endAttempt(visitor: Visitor): void {
    if (this.#alone === visitor) this.#alone = undefined
    this.#advance()
  }

  #leave(visitor: Visitor): void {
    this.#stepOut(visitor)
    this.#advance()
  }

  /** Leaves; nobody may follow yet, because it may be back at once. */
  #stepOut(visitor: Visitor): void {
    if (this.#alone === visitor) this.#alone = undefined
    this.#insideCount -= 1
    this.#bytes -= visitor.byteLength
    this.#budget.giveBack('queue', visitor.byteLength)
  }

  #turnAway(visitor: Visitor, error: SluiceError): void {
    const index = this.#waiting.indexOf(visitor)
    if (index < 0) return
    this.#waiting.splice(index, 1)
    visitor.refuse(error)
  }

  /** Memory was given back by others than visitors. */
  #tryAgain(): void {
    for (const visitor of this.#waiting) visitor.isFinal = false
    this.#advance()
  }

  /** Nothing under way will give memory back: asks for more, or refuses. */
  async #reclaimFor(
    visitor: Visitor,
    reclaim: (byteLength: number) => Promise<boolean>,
  ): Promise<void> {
    this.#isReclaiming = true
    const usedBytes = this.#budget.usedBytes
    let hasMore = false
    let cause: unknown
    try {
      hasMore = (await reclaim(this.#missingBytes(visitor))) && this.#budget.usedBytes < usedBytes
    } catch (error) {
      cause = error
    }
    this.#isReclaiming = false
    const isNext = this.#waiting[0] === visitor && this.#insideCount === 0
    if (isNext && !hasMore) this.#turnAway(visitor, this.#refusalOf(visitor, cause))
    this.#advance()
  }

  /** At least 1: an allocator may refuse what the budget would allow. */
  #missingBytes({ refusal, byteLength }: Visitor): number {
    const { usedBytes, bytesMax } = this.#budget
    const asked = Number(refusal?.details['asked'] ?? byteLength)
    // Of several slabs it may have got the first, and given it back when the next was refused.
    const used = Number(refusal?.details['used'] ?? usedBytes)
    return Math.max(1, Math.max(used, usedBytes) + asked - bytesMax)
  }

  #refusalOf(visitor: Visitor, cause?: unknown): MemoryRefusal {
    const { refusal, isFinal, byteLength } = visitor
    const final = refusal && isFinal ? refusal : this.#budget.refusal(byteLength)
    return cause === undefined
      ? final
      : new MemoryRefusal(final.message, { details: final.details, cause })
  }
}

function noop(): undefined {
  return undefined
}
