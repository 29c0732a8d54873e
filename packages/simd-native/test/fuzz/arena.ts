/**
 * The memory of one call: every array lies in a buffer whose bytes are known before the call, so
 * that a byte written anywhere else than where the call may write is noticed.
 */
import type { Draw } from './draw.js'

/** The typed arrays that native functions are given, right or wrong. */
export const ARRAY_TYPES = {
  Uint8Array,
  Int8Array,
  Uint16Array,
  Int16Array,
  Uint32Array,
  Int32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
} as const

/** The name of one of them. */
export type ArrayType = keyof typeof ARRAY_TYPES

/** One of them. */
export type AnyArray = InstanceType<(typeof ARRAY_TYPES)[ArrayType]>

/** Bytes before and after an array that nobody may touch. */
const GUARD_BYTES = 64
const PAGE_BYTES = 4096

/**
 * Where in its buffer an array lies, and what kind of buffer that is. `edge`: before memory that a
 * resizable buffer has reserved and not got, so that reading past the array ends the process, which
 * even a sanitizer does not notice of a vector that is loaded under a mask.
 */
const PLACEMENTS = ['exact', 'guarded', 'shared', 'resizable', 'edge'] as const
type Placement = (typeof PLACEMENTS)[number]

/** Tells typed arrays of any kind from everything else. */
export function isArray(value: unknown): value is AnyArray {
  return ArrayBuffer.isView(value) && !(value instanceof DataView)
}

/** Makes and watches the arrays of one call. */
export class Arena {
  readonly #draw: Draw
  readonly #buffers = new Set<ArrayBufferLike>()
  readonly #before = new Map<ArrayBufferLike, Uint8Array>()
  readonly #releases: (() => void)[] = []

  constructor(draw: Draw) {
    this.#draw = draw
  }

  /** An array somewhere in memory of some kind, with random content. */
  array<T extends ArrayType>(type: T, length: number): InstanceType<(typeof ARRAY_TYPES)[T]> {
    const draw = this.#draw
    const size = ARRAY_TYPES[type].BYTES_PER_ELEMENT
    const placement = draw.oneOf(PLACEMENTS)
    const { start, byteLength } = placeOf(placement, length * size, size * draw.integer(0, 9))
    const buffer = makeBuffer(placement, byteLength)
    fill(new Uint8Array(buffer), draw)
    this.#buffers.add(buffer)
    const made = new ARRAY_TYPES[type](buffer as ArrayBuffer, start, length)
    return made as InstanceType<(typeof ARRAY_TYPES)[T]>
  }

  /** Has `release` run when the call is over. */
  defer(release: () => void): void {
    this.#releases.push(release)
  }

  /** Remembers every byte. */
  remember(): void {
    for (const buffer of this.#buffers) {
      // Those that gave their memory away have no bytes.
      if (buffer.byteLength > 0) this.#before.set(buffer, new Uint8Array(buffer).slice())
    }
  }

  /** Whether any byte outside `outputs` is another than before. */
  hasChangedOutside(outputs: readonly AnyArray[]): boolean {
    for (const [buffer, before] of this.#before) {
      for (const output of outputs.filter((out) => out.buffer === buffer)) {
        const start = trueProperty(output, 'byteOffset')
        const bytes = new Uint8Array(buffer, start, trueProperty(output, 'byteLength'))
        before.set(bytes, start)
      }
      if (Buffer.compare(before, new Uint8Array(buffer)) !== 0) return true
    }
    return false
  }

  /** Ends the call. */
  release(): void {
    for (const release of this.#releases) release()
  }
}

/** What an array has, whatever properties were put on it. */
export function trueProperty(array: AnyArray, name: 'byteLength' | 'byteOffset'): number {
  return Reflect.get(Object.getPrototypeOf(Uint8Array.prototype), name, array) as number
}

function placeOf(
  placement: Placement,
  arrayBytes: number,
  shift: number,
): { readonly start: number; readonly byteLength: number } {
  if (placement === 'exact') return { start: 0, byteLength: arrayBytes }
  if (placement === 'edge') {
    const byteLength = Math.ceil(arrayBytes / PAGE_BYTES) * PAGE_BYTES
    return { start: byteLength - arrayBytes, byteLength }
  }
  const start = GUARD_BYTES + shift
  return { start, byteLength: start + arrayBytes + GUARD_BYTES }
}

function makeBuffer(placement: Placement, byteLength: number): ArrayBufferLike {
  if (placement === 'shared') return new SharedArrayBuffer(byteLength)
  if (placement === 'exact' || placement === 'guarded') return new ArrayBuffer(byteLength)
  // ES2024, which Node.js has and the library of types does not.
  const Resizable = ArrayBuffer as unknown as new (
    length: number,
    options: { maxByteLength: number },
  ) => ArrayBuffer
  return new Resizable(byteLength, { maxByteLength: byteLength + PAGE_BYTES })
}

/** xorshift32: https://www.jstatsoft.org/article/view/v008i14. Or one byte again and again. */
function fill(bytes: Uint8Array, draw: Draw): void {
  if (draw.integer(0, 3) === 0) {
    bytes.fill(draw.integer(0, 255))
    return
  }
  let state = draw.integer(1, 0x7fffffff)
  for (let i = 0; i < bytes.length; i++) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    bytes[i] = state
  }
}
