/**
 * Argument checks shared by the pools. They run before anything changes.
 */
import { PoolError } from './pool-error.js'

/**
 * Checks that a number is an integer within bounds, both included.
 * @param name - the argument's name, for the message
 * @param value - what the caller gave
 * @param min - smallest allowed value
 * @param max - largest allowed value
 * @throws PoolError SLUICE_INVALID_ARGUMENT
 * @internal
 */
export function checkInteger(name: string, value: number, min: number, max: number): void {
  if (Number.isInteger(value) && value >= min && value <= max) return
  throw new PoolError(
    'SLUICE_INVALID_ARGUMENT',
    `${name} must be an integer from ${min} to ${max}, got ${String(value)}`,
    { argument: name, value, min, max },
  )
}
