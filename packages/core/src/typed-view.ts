/**
 * Typed arrays as callers give them, taken apart without running code of theirs: a subclass may
 * override `length`, a proxy may pretend, a buffer may be detached or change its size later.
 */

import { types } from 'node:util'
import { InvalidArgumentError } from './errors.js'
import { typedArrayName } from './render.js'

const prototype: object = Object.getPrototypeOf(Uint8Array.prototype)
const keys = Object.getOwnPropertyDescriptor(prototype, 'keys')?.value as () => unknown
const getters = Object.getOwnPropertyDescriptors(prototype) as unknown as Readonly<
  Record<'buffer' | 'byteOffset' | 'byteLength' | 'length', PropertyDescriptor>
>

/**
 * A typed array of the caller.
 *
 * @internal
 */
export interface TypedView {
  /** Its class, such as `Float32Array`; `Uint8Array` for a Buffer. */
  readonly name: string
  /** Elements. */
  readonly length: number
  /** Its bytes, viewed in place; copied where the buffer could shrink under the view. */
  readonly bytes: Uint8Array
}

/**
 * Takes a typed array apart.
 *
 * @param argument - what it is to the caller, for the message
 * @param value - anything
 * @returns undefined when `value` is no typed array
 * @throws `SLUICE_INVALID_ARGUMENT` when its buffer is detached, or too short for it by now
 * @internal
 */
export function typedView(argument: string, value: unknown): TypedView | undefined {
  const name = typedArrayName(value)
  if (name === undefined) return undefined
  if (!isInBounds(value)) {
    throw new InvalidArgumentError(
      'SLUICE_INVALID_ARGUMENT',
      `${argument}: the buffer of this ${name} was detached or has become too short`,
      { details: { argument } },
    )
  }
  const buffer = getters.buffer.get?.call(value) as ArrayBufferLike
  const byteOffset = Number(getters.byteOffset.get?.call(value))
  const byteLength = Number(getters.byteLength.get?.call(value))
  const bytes = new Uint8Array(buffer, byteOffset, byteLength)
  const length = Number(getters.length.get?.call(value))
  return { name, length, bytes: canShrink(buffer) ? new Uint8Array(bytes) : bytes }
}

/** Every method of a typed array refuses one that is detached or out of bounds. */
function isInBounds(value: unknown): boolean {
  try {
    keys.call(value)
    return true
  } catch (error) {
    if (types.isNativeError(error)) return false
    throw error
  }
}

function canShrink(buffer: ArrayBufferLike): boolean {
  return types.isArrayBuffer(buffer) && Reflect.get(buffer, 'resizable') === true
}
