/**
 * Ways to spoil the arguments of a call. Each may leave the call valid by chance; none may be more
 * than an error to the callee.
 */
import {
  type AnyArray,
  ARRAY_TYPES,
  type Arena,
  type ArrayType,
  isArray,
  trueProperty,
} from './arena.js'
import type { Draw } from './draw.js'

/** A call that is being spoiled. */
export interface Spoiled {
  readonly draw: Draw
  readonly arena: Arena
  /** Its arguments, which change. */
  readonly values: unknown[]
}

type Spoiler = (call: Spoiled, index: number) => void

const STRANGE_NUMBERS: readonly number[] = [
  ...[0, -0, 1, -1, 0.5, 31, 32, 63, 64, 65, 4096, 4097, 8192],
  ...[2 ** 16, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1],
  ...[2 ** 48, 2 ** 53 - 1, 2 ** 53, 2 ** 53 + 2, 2 ** 63, 2 ** 64, -(2 ** 31), -(2 ** 53)],
  ...[Number.MAX_VALUE, Number.MIN_VALUE, Infinity, -Infinity, Number.NaN],
]

/** Native code that ran any of this would throw an error without a code. */
const tripwire = new Proxy(
  {},
  {
    get: () => {
      throw new Error('an argument was looked into')
    },
  },
)

const STRANGE_VALUES: readonly unknown[] = [
  ...[undefined, null, true, '', '5', 'sluice', Symbol.iterator, 5n, 2n ** 64n, () => 5],
  ...[{}, [], [1, 2, 3], { length: 4 }, { valueOf: () => tripwire }, new Date(0), tripwire],
  ...[new ArrayBuffer(64), new DataView(new ArrayBuffer(64)), new SharedArrayBuffer(64)],
  ...[Object.create(Uint8Array.prototype), new Proxy(new Uint8Array(64), {})],
]

const TYPES = Object.keys(ARRAY_TYPES) as ArrayType[]

function typeOf(array: AnyArray): ArrayType {
  return array.constructor.name as ArrayType
}

/** A view of a type over as much of a buffer as is asked for and there. */
function viewOver(type: ArrayType, buffer: ArrayBufferLike, at: number, length: number): AnyArray {
  // Nothing is there of a buffer that gave its memory away.
  if (buffer.byteLength === 0) return new ARRAY_TYPES[type](0)
  const { BYTES_PER_ELEMENT: size } = ARRAY_TYPES[type]
  const start = Math.min(Math.ceil(at / size), Math.floor(buffer.byteLength / size)) * size
  const lengthMax = Math.floor((buffer.byteLength - start) / size)
  return new ARRAY_TYPES[type](buffer as ArrayBuffer, start, Math.min(length, lengthMax))
}

const replaceByNumber: Spoiler = ({ draw, values }, index) => {
  values[index] = draw.oneOf(STRANGE_NUMBERS)
}

const replaceByValue: Spoiler = ({ draw, values }, index) => {
  values[index] = draw.oneOf(STRANGE_VALUES)
}

const nudgeNumber: Spoiler = ({ draw, values }, index) => {
  const value = values[index]
  if (typeof value !== 'number') return
  values[index] = draw.oneOf([
    value + 1,
    value - 1,
    value * 2,
    -value,
    value + 0.5,
    value + 2 ** 32,
  ])
}

const changeLength: Spoiler = ({ draw, arena, values }, index) => {
  const value = values[index]
  if (!isArray(value)) return
  const { length } = value
  const lengths = [0, 1, length - 1, length + 1, length >> 1, length * 2, length + 32, length - 32]
  values[index] = arena.array(typeOf(value), Math.max(0, draw.oneOf(lengths)))
}

const changeType: Spoiler = ({ draw, values }, index) => {
  const value = values[index]
  if (!isArray(value)) return
  const { buffer, byteOffset, length } = value
  values[index] = viewOver(draw.oneOf(TYPES), buffer, byteOffset, length)
}

function bytesOf(array: AnyArray): Uint8Array {
  const byteLength = trueProperty(array, 'byteLength')
  // Without memory, an offset is past the end.
  if (byteLength === 0) return new Uint8Array(0)
  return new Uint8Array(array.buffer, trueProperty(array, 'byteOffset'), byteLength)
}

/** Lays an array, as it is, over another one: what is written to one is read from the other. */
const overlay: Spoiler = ({ draw, values }, index) => {
  const value = values[index]
  const other = draw.oneOf(values)
  if (!isArray(value) || !isArray(other)) return
  const at = Math.max(0, other.byteOffset + draw.integer(-16, 16))
  const bytes = bytesOf(value).slice()
  const view = viewOver(typeOf(value), other.buffer, at, bytes.length / value.BYTES_PER_ELEMENT)
  bytesOf(view).set(bytes.subarray(0, bytesOf(view).length))
  values[index] = view
}

const detach: Spoiler = ({ values }, index) => {
  const value = values[index]
  if (!isArray(value) || !(value.buffer instanceof ArrayBuffer)) return
  structuredClone(value.buffer, { transfer: [value.buffer] })
}

/** Takes memory away from under an array, or gives it more, where its buffer can do that. */
const resize: Spoiler = ({ draw, values }, index) => {
  const value = values[index]
  if (!isArray(value)) return
  const buffer = value.buffer as ArrayBufferLike & {
    readonly resizable?: boolean
    readonly maxByteLength: number
    resize(byteLength: number): void
  }
  if (buffer.resizable !== true || buffer.byteLength === 0) return
  const { byteOffset, byteLength } = value
  const end = byteOffset + byteLength
  const lengths = [0, byteOffset, byteOffset + (byteLength >> 1), end - 1, buffer.maxByteLength]
  buffer.resize(Math.min(Math.max(0, draw.oneOf(lengths)), buffer.maxByteLength))
}

/** An array without a length of its own, which has what its buffer has. */
const trackLength: Spoiler = ({ values }, index) => {
  const value = values[index]
  if (!isArray(value)) return
  const Type = ARRAY_TYPES[typeOf(value)]
  const rest = value.buffer.byteLength - value.byteOffset
  // Only resizable buffers may end within an element.
  if (rest <= 0 || rest % Type.BYTES_PER_ELEMENT > 0) return
  values[index] = new Type(value.buffer as ArrayBuffer, value.byteOffset)
}

/** An array whose properties say something else than it is. */
const lie: Spoiler = ({ values }, index) => {
  const value = values[index]
  if (!isArray(value)) return
  for (const name of ['length', 'byteLength', 'byteOffset']) {
    Object.defineProperty(value, name, { get: () => 4096, configurable: true })
  }
}

const swap: Spoiler = ({ draw, values }, index) => {
  const other = draw.integer(0, values.length - 1)
  const value = values[index]
  values[index] = values[other]
  values[other] = value
}

const leaveOut: Spoiler = ({ values }, index) => {
  values.length = index
}

const addMore: Spoiler = ({ values }) => {
  values.push(undefined, 1, 'more')
}

const SPOILERS: readonly Spoiler[] = [
  ...[replaceByNumber, replaceByValue, nudgeNumber, changeLength, changeType, overlay],
  ...[detach, resize, trackLength, lie, swap, leaveOut, addMore],
]

/** Spoils a call in a few ways. */
export function spoil(call: Spoiled): void {
  for (let i = call.draw.integer(1, 3); i > 0 && call.values.length > 0; i--) {
    const index = call.draw.integer(0, call.values.length - 1)
    call.draw.oneOf(SPOILERS)(call, index)
  }
}
