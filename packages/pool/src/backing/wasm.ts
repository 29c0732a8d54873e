/**
 * Backing `wasm`: a WebAssembly.Memory per buffer, shared and with initial == maximum, so that its
 * buffer never detaches or moves. It starts on a page, which makes O_DIRECT writes from it
 * possible. Each one reserves 10 GiB of address space (V8 traps out-of-bounds accesses with guard
 * pages): 2,000 of them work, but a limit on address space (`ulimit -v`) refuses even one. Only the
 * garbage collector gives one back.
 */

/** With less, V8 let some hundred MB of garbage lie in a third of the tries. */
const DISCARD_FACTOR = 2
/** Bytes of a WebAssembly page: a memory is a whole number of these. */
const PAGE_BYTES = 65_536

interface WasmMemoryDescriptor {
  readonly initial: number
  readonly maximum: number
  readonly shared: true
}

// The types of Node.js do not describe it. It is absent where the JIT is off (`--jitless`).
declare const WebAssembly:
  | {
      readonly Memory: new (
        descriptor: WasmMemoryDescriptor,
      ) => {
        readonly buffer: SharedArrayBuffer
      }
    }
  | undefined

/**
 * Makes a WebAssembly.Memory and gives its buffer, which keeps it alive.
 * @param byteLength - bytes of the buffer, all zero: a multiple of 65,536, at most 4 GiB
 * @throws RangeError when the system refuses the memory or its address space, or WebAssembly is
 * switched off
 * @internal
 */
export function createWasmBuffer(byteLength: number): SharedArrayBuffer {
  if (typeof WebAssembly === 'undefined') throw new RangeError('WebAssembly is switched off')
  const pageCount = byteLength / PAGE_BYTES
  const memory = new WebAssembly.Memory({ initial: pageCount, maximum: pageCount, shared: true })
  return memory.buffer
}

/**
 * Tells the garbage collector that a buffer is not needed any more. V8 does not count WebAssembly
 * memory, and would not look for it for as long as nothing else fills its heap: opening and closing
 * databases took up 100 MB more each time. It counts array buffers, and one that is never touched
 * takes no memory.
 * @param byteLength - bytes of the buffer
 * @internal
 */
export function discardWasmBuffer(byteLength: number): void {
  try {
    new ArrayBuffer(DISCARD_FACTOR * byteLength)
  } catch (error) {
    // Where the system has no address space left, V8 has collected its garbage before it says so.
    if (!(error instanceof RangeError)) throw error
  }
}
