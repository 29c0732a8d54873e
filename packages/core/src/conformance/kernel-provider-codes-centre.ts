/** Part of the kernel suite: codes around a centre of their own are the oracle's, to the bit. */

import assert from 'node:assert/strict'
import { BLOCK_ROWS, blockLayoutOf, codeDimensionOf } from '../code-layout.js'
import type { CodeSpace } from '../contract/code-kernels.js'
import {
  assertSameBlocks,
  CODE_DIMENSIONS,
  centredOn,
  encoded,
  nameOf,
  rowCountOf,
  rowOf,
  scaledRows,
  seededSpace,
} from './kernel-provider-codes-data.js'
import { movedNumbers } from './kernel-provider-codes-encode.js'
import { COMBINATIONS, type KernelSubject, movedTo, seededRows } from './kernel-provider-data.js'

/** Centres that no estimate can be made around. */
const HOPELESS = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 3e38, -3e38]

/**
 * Registers the tests of encode with a centre.
 *
 * @internal
 */
export function centreTests(subject: KernelSubject): void {
  const { it, fc } = subject
  for (const combination of COMBINATIONS) {
    const [dtype, metric] = combination
    it(`${dtype} ${metric}: makes the oracle's codes around any centre`, () => {
      fc.assert(
        fc.property(fc.integer({ min: 1, max: 257 }), fc.integer(), fc.nat(9), (...values) => {
          const [dimension, seed, offset] = values
          const space = seededSpace(subject.codes, combination, dimension, seed)
          const rows = seededRows(dtype, dimension, 40, seed)
          for (const centre of centresOf(subject, space, rows, seed)) {
            checkCentre(subject, space, rows, movedNumbers(offset, centre))
            checkCentre(subject, space, scaledRows(space, 4, seed), centre)
          }
        }),
        { numRuns: 6 },
      )
    })

    it(`${dtype} ${metric}: makes the oracle's codes around centres at telling dimensions`, () => {
      for (const dimension of CODE_DIMENSIONS) {
        const space = seededSpace(subject.codes, combination, dimension, dimension)
        const rows = seededRows(dtype, dimension, 3, dimension)
        for (const centre of centresOf(subject, space, rows, dimension)) {
          checkCentre(subject, space, rows, centre)
        }
      }
    })

    it(`${dtype} ${metric}: gives a row one code, F and E around the mean by either way`, () => {
      for (const dimension of [1, 64, 100, 384]) checkMean(subject, combination, dimension)
    })
  }

  it('looks at every row whose centre is hopeless, or whose product with it overflows', () => {
    for (const combination of COMBINATIONS) checkHopeless(subject, combination)
  })
}

/** The mean, zero, a row, the mean of other rows, and that scaled up and down. */
function centresOf(
  { codes }: KernelSubject,
  space: CodeSpace,
  rows: Uint8Array,
  seed: number,
): Float32Array[] {
  const { dtype, dimension, mean } = space
  const others = centredOn(codes, space, seededRows(dtype, dimension, 2, seed ^ 0x5a5a)).mean
  const row = centredOn(codes, space, rowOf(space, rows, 0)).mean
  const scaled = [2 ** -70, 2 ** -20, 2 ** 30].map((scale) => others.map((x) => x * scale))
  return [mean, new Float32Array(mean.length), row, others, ...scaled]
}

function checkCentre(
  { codes, provider }: KernelSubject,
  space: CodeSpace,
  rows: Uint8Array,
  centre: Float32Array,
): void {
  const options = { rowBase: 5, centre }
  const right = encoded(codes, space, rows, options)
  assertSameBlocks(encoded(provider, space, rows, options), right, space)
  assertSameBlocks(encoded(provider, space, movedTo(3, rows), options), right, space)
}

function checkMean(
  { provider }: KernelSubject,
  combination: (typeof COMBINATIONS)[number],
  dimension: number,
): void {
  const space = seededSpace(provider, combination, dimension, dimension)
  const rows = seededRows(space.dtype, dimension, 33, dimension)
  const [with_, without] = [space.mean, undefined].map((centre) =>
    encoded(provider, space, rows, { centre }),
  )
  // Under l2 and hamming A is R by either way; else it has what belongs to the centre in it.
  const isAngular = space.metric === 'cosine' || space.metric === 'dot'
  const { byteLength, offsetsAt, errorsAt } = blockLayoutOf(codeDimensionOf(space.dtype, dimension))
  for (const blocks of isAngular ? [with_!, without!] : []) {
    for (let at = 0; at < blocks.length; at += byteLength) {
      blocks.fill(0, at + offsetsAt, at + errorsAt)
    }
  }
  assertSameBlocks(with_!, without!, space)
}

function checkHopeless(subject: KernelSubject, combination: (typeof COMBINATIONS)[number]): void {
  const space = seededSpace(subject.codes, combination, 70, 3)
  const rows = seededRows(space.dtype, 70, 3, 3)
  const layout = blockLayoutOf(codeDimensionOf(space.dtype, 70))
  for (const value of HOPELESS) {
    const centre = space.mean.with(space.mean.length - 1, value)
    checkCentre(subject, space, rows, centre)
    const blocks = encoded(subject.provider, space, rows, { centre })
    const errors = new Float32Array(blocks.slice(layout.errorsAt).buffer, 0, BLOCK_ROWS)
    const isBlind = (error: number): boolean => error === Number.POSITIVE_INFINITY
    const blind = errors.subarray(0, rowCountOf(space, rows))
    assert.ok(blind.every(isBlind), `${nameOf(space)}: centre with ${value}`)
  }
}
