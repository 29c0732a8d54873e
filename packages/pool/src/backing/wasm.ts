/**
 * Backing `wasm`: a WebAssembly.Memory per buffer, shared and with initial == maximum, so that its
 * buffer never detaches or moves. It starts on a page, which makes O_DIRECT writes from it
 * possible. Each one reserves 10 GiB of address space (V8 traps out-of-bounds accesses with guard
 * pages): 2,000 of them work, but a limit on address space (`ulimit -v`) refuses even one. Only the
 * garbage collector gives one back.
 */

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
