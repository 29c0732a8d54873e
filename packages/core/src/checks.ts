/**
 * Checks of arguments that callers hand to the public API. Invariant: only typed errors leave.
 * Knows nothing of databases or collections.
 */

import { types } from 'node:util'
import { InvalidArgumentError, SluiceError } from './errors.js'
import { LIMITS } from './limits.js'
import { intrinsicGetter, render, renderString } from './render.js'

const NAME_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._-]*$/

const signalAborted = intrinsicGetter(AbortSignal.prototype, 'aborted')

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
