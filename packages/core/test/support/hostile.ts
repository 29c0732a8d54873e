/** Values that nobody should give to an API, for tests that only typed errors come out. */

import fc from 'fast-check'
import { SluiceError } from '../../src/errors.js'

function fail(): never {
  throw new Error('a trap or getter of the caller')
}

/** Proxies whose every trap throws, throwing getters, revoked proxies, odd arrays and numbers. */
function oddities(): readonly unknown[] {
  const traps = Object.fromEntries(
    Object.getOwnPropertyNames(Reflect).map((name) => [name, fail]),
  ) as ProxyHandler<object>
  const revoked = Proxy.revocable([], {})
  revoked.revoke()
  const getter = Object.defineProperty([1], '0', { get: fail, enumerable: true })
  const detached = new Float32Array(8)
  structuredClone(detached.buffer, { transfer: [detached.buffer] })
  const circular: Record<string, unknown> = {}
  circular['self'] = circular
  return [
    new Proxy({}, traps),
    new Proxy([], traps),
    new Proxy([[1, 2]], {}),
    new Proxy([], { get: (_, key) => (key === 'length' ? 2 ** 32 - 1 : 1) }),
    new Proxy(new Float32Array(4), traps),
    new Proxy(new BigUint64Array(4), {}),
    revoked.proxy,
    getter,
    detached,
    circular,
    [circular],
    {
      get value() {
        return fail()
      },
    },
    [
      {
        get value() {
          return fail()
        },
      },
    ],
    { toJSON: fail, valueOf: fail, toString: fail },
    Object.create(null),
    Object.create(Float32Array.prototype),
    new Array(2 ** 32 - 1),
    new Array(3),
    [[new Array(2)]],
    -0,
    1n << 100n,
    '\ud800',
    Symbol('hostile'),
    fail,
    [fail],
    new DataView(new ArrayBuffer(8)),
    new ArrayBuffer(8),
    new Uint8ClampedArray(8),
  ]
}

/** How to make a hostile value: fast-check itself would stumble over the value. */
type Recipe =
  | { readonly oddity: number }
  | { readonly value: unknown }
  | { readonly list: readonly Recipe[] }

const single: fc.Arbitrary<Recipe> = fc.oneof(
  fc.nat({ max: oddities().length - 1 }).map((oddity) => ({ oddity })),
  fc
    .anything({
      withBigInt: true,
      withBoxedValues: true,
      withDate: true,
      withMap: true,
      withNullPrototype: true,
      withObjectString: true,
      withSet: true,
      withSparseArray: true,
      withTypedArray: true,
    })
    .map((value) => ({ value })),
)

const recipe: fc.Arbitrary<Recipe> = fc.oneof(
  single,
  fc.array(single, { maxLength: 3 }).map((list) => ({ list })),
)

function make(from: Recipe): unknown {
  if ('oddity' in from) return oddities()[from.oddity]
  return 'list' in from ? from.list.map(make) : from.value
}

/**
 * Calls with hostile values, many times. Errors of Sluice are what they deserve; any other error
 * fails the test.
 */
export function expectOnlySluiceErrors(call: (value: unknown) => unknown): void {
  fc.assert(
    fc.property(recipe, (from) => {
      try {
        call(make(from))
      } catch (error) {
        if (!(error instanceof SluiceError)) throw error
      }
    }),
    { numRuns: 300 },
  )
}
