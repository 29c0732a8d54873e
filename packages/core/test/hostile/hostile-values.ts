/** Values that nobody means well with. */

import fc from 'fast-check'

function explode(): never {
  throw new Error('boom')
}

const TRAPS: readonly (() => unknown)[] = [
  () => Object.defineProperty({}, 'vectors', { get: explode, enumerable: true }),
  () => Object.defineProperty({}, 'ids', { get: explode, enumerable: true }),
  () => new Proxy({}, { get: explode, ownKeys: explode, has: explode, getPrototypeOf: explode }),
  () => new Proxy([], { get: explode }),
  () => JSON.parse('{"__proto__": {"polluted": true}}'),
  () => JSON.parse('[{"__proto__": {"polluted": true}}]'),
  () => Object.create(null),
  () => Symbol('sluice'),
  () => explode,
  () => new Date(Number.NaN),
  () => new Array(3),
  () => ({ length: 2 ** 32, 0: 1 }),
  () => ({ toString: explode, valueOf: explode, [Symbol.toPrimitive]: explode }),
  () => {
    const cycle: Record<string, unknown> = {}
    cycle['self'] = cycle
    return cycle
  },
  () => {
    const detached = new Float32Array(8)
    structuredClone(detached, { transfer: [detached.buffer] })
    return detached
  },
  () => new Float32Array(Reflect.construct(ArrayBuffer, [16, { maxByteLength: 64 }])),
  () => new DataView(new ArrayBuffer(16)),
  () => new Float32Array(0),
  () => [[]],
  () => [[1, 2, 3, 4], null],
  () => [null, undefined],
  () => 'x'.repeat(100_000),
  () => '\ud800',
  () => '../../etc/passwd',
  () => 'a/b',
  () => '.',
  () => '..',
  () => '\0',
  () => -1,
  () => 2 ** 53,
  () => 1e9,
  () => -(2n ** 63n),
  () => 2n ** 64n,
]

/**
 * Makers of anything at all, and of the traps above more often than chance would have them. Makers,
 * because fast-check looks at the values it generates, and would fall into the traps itself.
 */
export const hostileMaker: fc.Arbitrary<() => unknown> = fc.oneof(
  { weight: 2, arbitrary: fc.nat({ max: TRAPS.length - 1 }).map((i) => TRAPS[i] as () => unknown) },
  {
    weight: 3,
    arbitrary: fc
      .anything({
        withBigInt: true,
        withBoxedValues: true,
        withDate: true,
        withMap: true,
        withSet: true,
        withNullPrototype: true,
        withObjectString: true,
        withSparseArray: true,
        withTypedArray: true,
      })
      .map((value) => () => value),
  },
)
