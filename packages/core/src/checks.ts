/**
 * Checks of arguments that callers hand to the public API, and the rendering of refused values.
 * Invariants: only typed errors leave; `render` runs no code of the caller and never throws.
 * Knows nothing of databases or collections.
 */

import { types } from 'node:util'
import { InvalidArgumentError, SluiceError } from './errors.js'
import { LIMITS } from './limits.js'

const RENDERED_CHARACTERS_MAX = 40
const RENDERED_BIGINT_MAX = 1n << 128n
const NAME_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._-]*$/

const typedArrayPrototype: object = Object.getPrototypeOf(Uint8Array.prototype)

function intrinsicGetter(prototype: object, key: string | symbol): (value: unknown) => unknown {
  const getter = Object.getOwnPropertyDescriptor(prototype, key)?.get
  return (value) => getter?.call(value)
}

const typedArrayTag = intrinsicGetter(typedArrayPrototype, Symbol.toStringTag)
const typedArrayLength = intrinsicGetter(typedArrayPrototype, 'length')
const signalAborted = intrinsicGetter(AbortSignal.prototype, 'aborted')

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

function renderString(text: string): string {
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

/**
 * Runs code that reads a caller's objects, whose getters and proxy traps may throw anything.
 *
 * @param name - the argument, for the message
 * @param read - reads and checks; its Sluice errors pass
 * @throws `SLUICE_INVALID_ARGUMENT` in place of any other error; `cause` is the original
 * @internal
 */
export function readInput<T>(name: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!types.isProxy(error) && error instanceof SluiceError) throw error
    const reason = types.isNativeError(error) ? messageOf(error) : render(error)
    throw new InvalidArgumentError(
      'SLUICE_INVALID_ARGUMENT',
      `${name} could not be read: ${reason}`,
      { cause: error },
    )
  }
}

function messageOf(error: Error): string {
  const descriptor = Object.getOwnPropertyDescriptor(error, 'message')
  return typeof descriptor?.value === 'string' ? renderString(descriptor.value) : 'an Error'
}

/**
 * Refuses an argument.
 *
 * @param name - the argument
 * @param expected - what it must be, as in "an integer from 1 to 10"
 * @param actual - what it was
 * @returns the error to throw, with code `SLUICE_INVALID_ARGUMENT`
 * @internal
 */
export function unexpected(name: string, expected: string, actual: unknown): InvalidArgumentError {
  return new InvalidArgumentError(
    'SLUICE_INVALID_ARGUMENT',
    `${name}: expected ${expected}, got ${render(actual)}`,
    { details: { argument: name, expected, actual: render(actual) } },
  )
}

/**
 * Checks a number that must be an integer in a range.
 *
 * @param name - the argument, for the message
 * @param value - what the caller gave
 * @param min - the least value allowed
 * @param max - the largest value allowed
 * @throws `SLUICE_INVALID_ARGUMENT`
 * @internal
 */
export function checkInteger(name: string, value: unknown, min: number, max: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) {
    return value
  }
  throw unexpected(name, `an integer from ${min} to ${max}`, value)
}

/**
 * Checks an options object and reads each option once, so that later code meets plain values.
 * Only own properties count.
 *
 * @param name - the argument, for the message
 * @param value - what the caller gave; undefined stands for no options
 * @param allowedKeys - the options there are
 * @param expected - what it must be, as in "an object such as { path }"
 * @returns the options that were given and are not undefined
 * @throws `SLUICE_INVALID_ARGUMENT` for anything but an object, and for unknown options
 * @internal
 */
export function checkOptions<K extends string>(
  name: string,
  value: unknown,
  allowedKeys: readonly K[],
  expected = 'an object with options',
): Readonly<Partial<Record<K, unknown>>> {
  const options: Partial<Record<K, unknown>> = {}
  if (value === undefined) return options
  if (typeof value !== 'object' || value === null) throw unexpected(name, expected, value)
  return readInput(name, () => {
    if (Array.isArray(value) || ArrayBuffer.isView(value)) {
      throw unexpected(name, expected, value)
    }
    const known: readonly string[] = allowedKeys
    const unknownKey = Object.keys(value).find((key) => !known.includes(key))
    if (unknownKey !== undefined) {
      throw new InvalidArgumentError(
        'SLUICE_INVALID_ARGUMENT',
        `${name}: unknown option ${render(unknownKey)}; there are ${allowedKeys.join(', ')}`,
        { details: { argument: name, option: render(unknownKey), allowed: [...allowedKeys] } },
      )
    }
    for (const key of allowedKeys) {
      if (!Object.hasOwn(value, key)) continue
      const option: unknown = Reflect.get(value, key)
      if (option !== undefined) options[key] = option
    }
    return options
  })
}

/**
 * Checks an optional `AbortSignal`.
 *
 * @param value - what the caller gave
 * @throws `SLUICE_INVALID_ARGUMENT`
 * @internal
 */
export function checkSignal(value: unknown): AbortSignal | undefined {
  if (value === undefined) return undefined
  if (isSignal(value)) return value
  throw unexpected('signal', 'an AbortSignal', value)
}

function isSignal(value: unknown): value is AbortSignal {
  if (types.isProxy(value) || !(value instanceof AbortSignal)) return false
  return readInput('signal', () => typeof signalAborted(value) === 'boolean')
}

/**
 * Checks the name of a collection: letters, digits, `.`, `_` and `-`, not starting with one of
 * these signs, at most `LIMITS.nameLengthMax` characters.
 *
 * @param value - what the caller gave
 * @throws `SLUICE_INVALID_NAME`
 * @internal
 */
export function checkName(value: unknown): string {
  if (typeof value === 'string' && value.length <= LIMITS.nameLengthMax) {
    if (NAME_PATTERN.test(value)) return value
  }
  throw new InvalidArgumentError(
    'SLUICE_INVALID_NAME',
    `collection name: expected 1 to ${LIMITS.nameLengthMax} letters, digits, ".", "_" or "-", ` +
      `starting with a letter or digit, got ${render(value)}`,
    { details: { actual: render(value) } },
  )
}
