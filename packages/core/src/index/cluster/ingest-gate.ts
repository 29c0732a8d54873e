/**
 * Holds builds back while rows come in fast: an ingest has the memory and the caches for itself,
 * even where a build would have a core of its own. Shared between threads. A build is not held up
 * for ever: rows that never stop coming in need lists, too.
 */

/** So many bytes of rows … */
const FAST_BYTES = 8 * 1024 * 1024
/** … in so many milliseconds are fast, and hold builds back for as long again. */
const WINDOW_MS = 50
/** How long one build is held back in all. */
const HELD_MS_MAX = 10_000

/**
 * The gate that the builds of a database pass.
 *
 * @internal
 */
export class IngestGate {
  /** The low 32 bits of the time in milliseconds until which it is closed. */
  readonly #until: Int32Array
  #windowEndMs = 0
  #windowBytes = 0

  /** @param shared - of the gate of another thread, which is then the same one */
  constructor(shared: SharedArrayBuffer = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)) {
    this.#until = new Int32Array(shared)
  }

  /** What another thread makes the same gate of. */
  get shared(): SharedArrayBuffer {
    return this.#until.buffer as SharedArrayBuffer
  }

  /** Says that rows came in. */
  note(byteLength: number): void {
    const now = Date.now()
    if (now >= this.#windowEndMs) {
      this.#windowEndMs = now + WINDOW_MS
      this.#windowBytes = 0
    }
    this.#windowBytes += byteLength
    if (this.#windowBytes >= FAST_BYTES) Atomics.store(this.#until, 0, (now + WINDOW_MS) | 0)
  }

  /** How long it is still closed, in milliseconds; 0 when it is open. */
  closedMs(): number {
    const rest = (Atomics.load(this.#until, 0) - (Date.now() | 0)) | 0
    // Anything else is an old time, or a clock that was set back.
    return rest > 0 && rest <= WINDOW_MS ? rest : 0
  }
}

/**
 * The way of one build through a gate.
 *
 * @internal
 */
export class GatePass {
  readonly #gate: IngestGate
  readonly #never = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
  #heldMs = 0

  constructor(gate: IngestGate) {
    this.#gate = gate
  }

  /** How long to wait before going on, in milliseconds. */
  waitMs(): number {
    if (this.#heldMs >= HELD_MS_MAX) return 0
    const waitMs = this.#gate.closedMs()
    this.#heldMs += waitMs
    return waitMs
  }

  /** Blocks the calling thread until it may go on. */
  block(): void {
    for (let waitMs = this.waitMs(); waitMs > 0; waitMs = this.waitMs()) {
      Atomics.wait(this.#never, 0, 0, waitMs)
    }
  }
}
