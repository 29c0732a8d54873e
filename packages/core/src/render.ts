/**
 * The rendering of any value, such as one that was refused, for people. Invariants: it runs no code
 * of the caller and never throws.
 */

import { types } from 'node:util'

const RENDERED_CHARACTERS_MAX = 40
const RENDERED_BIGINT_MAX = 1n << 128n

const typedArrayPrototype: object = Object.getPrototypeOf(Uint8Array.prototype)

/**
 * A getter of a class of the language, for values of which nobody knows what they are. It looks at
 * internal slots only, so that subclasses and proxies cannot lie.
 *
 * @internal
 */
export function intrinsicGetter(
  prototype: object,
  key: string | symbol,
): (value: unknown) => unknown {
  const getter = Object.getOwnPropertyDescriptor(prototype, key)?.get
  return (value) => getter?.call(value)
}

const typedArrayTag = intrinsicGetter(typedArrayPrototype, Symbol.toStringTag)
const typedArrayLength = intrinsicGetter(typedArrayPrototype, 'length')

/**
 * The class name of a typed array (`Uint8Array` for a Buffer), or undefined for anything else.
 * Looks at internal slots only, so that subclasses and proxies cannot lie.
 *
 * @internal
 */
export function typedArrayName(value: unknown): string | undefined {
  const name = typedArrayTag(value)
  return typeof name === 'string' ? name : undefined
}

/**
 * A short rendering of any value for an error message: `"abc"`, `-1`, `an array of 3`, `a Proxy`.
 *
 * @internal
 */
export function render(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return renderString(value)
    case 'bigint':
      if (value > RENDERED_BIGINT_MAX || value < -RENDERED_BIGINT_MAX) return 'a huge bigint'
      return `${value}n`
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value)
    case 'symbol':
      return 'a symbol'
    case 'function':
      return 'a function'
    case 'object':
      return value === null ? 'null' : renderObject(value)
    default:
      return String(value)
  }
}

/**
 * A short text in quotation marks, of a long one its beginning.
 *
 * @internal
 */
export function renderString(text: string): string {
  const shown = JSON.stringify(text.slice(0, RENDERED_CHARACTERS_MAX))
  if (text.length <= RENDERED_CHARACTERS_MAX) return shown
  return `${shown}… (${text.length} characters)`
}

function renderObject(value: object): string {
  if (types.isProxy(value)) return 'a Proxy'
  const name = typedArrayName(value)
  if (name !== undefined) return `${name}(${Number(typedArrayLength(value))})`
  if (Array.isArray(value)) return `an array of ${value.length}`
  if (types.isDate(value)) return 'a Date'
  if (types.isMap(value)) return 'a Map'
  if (types.isSet(value)) return 'a Set'
  if (types.isPromise(value)) return 'a Promise'
  if (types.isRegExp(value)) return 'a RegExp'
  if (types.isDataView(value)) return 'a DataView'
  if (types.isArrayBuffer(value)) return 'an ArrayBuffer'
  if (types.isSharedArrayBuffer(value)) return 'a SharedArrayBuffer'
  if (types.isNativeError(value)) return 'an Error'
  return 'an object'
}
