/** Memory of every kind that a typed array can have, for the kernel suite. */

/** Bytes of a WebAssembly page. */
const WASM_PAGE_BYTES = 65_536

interface WasmMemory {
  readonly buffer: ArrayBuffer
  grow(pageCount: number): number
}

// The types of Node.js do not describe it.
declare const WebAssembly: {
  readonly Memory: new (descriptor: {
    readonly initial: number
    readonly maximum: number
    readonly shared: boolean
  }) => WasmMemory
}

/**
 * Memory that stays where it is.
 *
 * @internal
 */
export interface LastingMemory {
  readonly bytes: Uint8Array
  /** The most that can happen to it. */
  readonly change?: () => void
}

/**
 * Memory that goes away.
 *
 * @internal
 */
export interface LosableMemory {
  readonly bytes: Uint8Array
  /** Takes it away. */
  readonly lose: () => void
}

/** Memory that stays. @internal */
export const LASTING_MEMORY: ReadonlyArray<readonly [string, () => LastingMemory]> = [
  ['an ArrayBuffer', () => ({ bytes: new Uint8Array(new ArrayBuffer(1000)) })],
  ['a part of an ArrayBuffer', () => ({ bytes: new Uint8Array(1000).subarray(13, 113) })],
  ['an array so short that it lies in the heap', () => ({ bytes: new Uint8Array(5) })],
  ['a Buffer of the pool', () => ({ bytes: Buffer.from('in the pool') })],
  ['a SharedArrayBuffer', () => ({ bytes: new Uint8Array(new SharedArrayBuffer(1000), 13) })],
  ['a SharedArrayBuffer that grows', growingShared],
  ['an ArrayBuffer that shrinks behind the region', shrinkingBehind],
  ['a shared WebAssembly.Memory that grows', growingWasm],
]

/** Memory that goes. @internal */
export const LOSABLE_MEMORY: ReadonlyArray<readonly [string, () => LosableMemory]> = [
  ['an ArrayBuffer that was transferred', transferred],
  ['an ArrayBuffer that has shrunk', () => shrunk((buffer) => new Uint8Array(buffer, 0, 1000))],
  [
    'an ArrayBuffer that has shrunk under a whole view',
    () => shrunk((buffer) => new Uint8Array(buffer)),
  ],
  ['a WebAssembly.Memory that has grown', grownWasm],
]

/**
 * Detaches the buffer of an array.
 *
 * @returns the array
 * @internal
 */
export function detach(bytes: Uint8Array<ArrayBuffer>): Uint8Array {
  structuredClone(bytes, { transfer: [bytes.buffer] })
  return bytes
}

function transferred(): LosableMemory {
  const bytes = new Uint8Array(1000)
  return { bytes, lose: () => detach(bytes) }
}

function shrunk(view: (buffer: ArrayBuffer) => Uint8Array): LosableMemory {
  const buffer = resizable(ArrayBuffer, 1000)
  return { bytes: view(buffer), lose: () => change(buffer, 'resize', 999) }
}

function shrinkingBehind(): LastingMemory {
  const buffer = resizable(ArrayBuffer, 1000)
  return { bytes: new Uint8Array(buffer, 10, 500), change: () => change(buffer, 'resize', 510) }
}

function growingShared(): LastingMemory {
  const buffer = resizable(SharedArrayBuffer, 1000)
  return { bytes: new Uint8Array(buffer), change: () => change(buffer, 'grow', 2000) }
}

function growingWasm(): LastingMemory {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 2, shared: true })
  return {
    bytes: new Uint8Array(memory.buffer, 100, WASM_PAGE_BYTES - 100),
    change: () => memory.grow(1),
  }
}

function grownWasm(): LosableMemory {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 2, shared: false })
  return { bytes: new Uint8Array(memory.buffer, 100), lose: () => memory.grow(1) }
}

/** Node.js 20 has buffers that change their length; the library of es2023 does not name them. */
function resizable<Kind extends ArrayBuffer | SharedArrayBuffer>(
  kind: abstract new (byteLength: number) => Kind,
  byteLength: number,
): Kind {
  return Reflect.construct(kind, [byteLength, { maxByteLength: 2 * byteLength }])
}

function change(buffer: object, method: 'resize' | 'grow', byteLength: number): void {
  Reflect.apply(Reflect.get(buffer, method), buffer, [byteLength])
}
