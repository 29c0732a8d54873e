/** The only source of randomness: identities, not simulation. */

import { randomBytes } from 'node:crypto'

/**
 * Unpredictable bytes, for identities such as that of a database.
 *
 * @param byteLength - how many
 * @internal
 */
export function randomIdentity(byteLength: number): Uint8Array {
  return new Uint8Array(randomBytes(byteLength))
}

/**
 * An unpredictable u32, for hash seeds.
 *
 * @internal
 */
export function randomSeed(): number {
  return randomBytes(4).readUInt32LE(0)
}
