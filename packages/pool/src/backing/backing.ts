/**
 * Makes the buffers that slabs are carved from, and falls back from `wasm` to `shared` where a
 * WebAssembly.Memory cannot be had. After the first refusal it does not try again: V8 collects
 * garbage several times before it gives up, about 10 ms each time, and a limit on address space
 * does not go away.
 */
import { createHeapBuffer } from './heap.js'
import { createSharedBuffer } from './shared.js'
import { createWasmBuffer, discardWasmBuffer } from './wasm.js'

/**
 * Where bytes live: `wasm` in a WebAssembly.Memory (shared, page-aligned), `shared` in a
 * SharedArrayBuffer, `heap` in an ArrayBuffer.
 * @public
 */
export type BackingKind = 'wasm' | 'shared' | 'heap'

/**
 * Every backing, best first.
 * @public
 */
export const BACKING_KINDS: readonly BackingKind[] = ['wasm', 'shared', 'heap']

/**
 * Source of buffers of one backing.
 * @internal
 */
export class Backing {
  /** The backing asked for. */
  readonly kind: BackingKind
  #fallbacks = 0
  #fallbackReason: string | undefined

  /** @param kind - the backing asked for */
  constructor(kind: BackingKind) {
    this.kind = kind
  }

  /** Buffers that came from `shared` although `wasm` was asked for. */
  get fallbacks(): number {
    return this.#fallbacks
  }

  /** What the refused WebAssembly.Memory said. */
  get fallbackReason(): string | undefined {
    return this.#fallbackReason
  }

  /**
   * To be called when a buffer is given up.
   * @param byteLength - bytes of the buffer
   */
  discard(byteLength: number): void {
    if (this.kind === 'wasm') discardWasmBuffer(byteLength)
  }

  /**
   * @param byteLength - a multiple of 65,536
   * @throws RangeError when the system refuses the memory
   */
  create(byteLength: number): ArrayBufferLike {
    if (this.kind === 'heap') return createHeapBuffer(byteLength)
    if (this.kind === 'shared') return createSharedBuffer(byteLength)
    if (this.#fallbackReason === undefined) {
      try {
        return createWasmBuffer(byteLength)
      } catch (error) {
        if (!(error instanceof RangeError)) throw error
        this.#fallbackReason = error.message
      }
    }
    const buffer = createSharedBuffer(byteLength)
    this.#fallbacks += 1
    return buffer
  }
}
