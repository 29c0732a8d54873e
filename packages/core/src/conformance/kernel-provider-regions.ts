/** Part of the kernel suite: regions, through reading them, on memory of every kind. */

import assert from 'node:assert/strict'
import type { Arbitrary } from 'fast-check'
import type { KernelProvider } from '../contract/kernel-provider.js'
import type { MemoryRegion } from '../contract/memory-kernels.js'
import { type KernelSubject, seededBytes } from './kernel-provider-data.js'
import { detach, LASTING_MEMORY, LOSABLE_MEMORY } from './kernel-provider-memory-kinds.js'

const MANY = 10_000
/** More often than any slot has generations. */
const OFTEN = 10_000

/**
 * Registers the tests of regions.
 *
 * @internal
 */
export function regionTests(subject: KernelSubject): void {
  const { it, provider } = subject
  it('a region reads as its memory does, and follows writes to it', () => {
    const bytes = seededBytes(100, 1)
    const region = provider.region(bytes)
    const target = new Uint8Array(7)
    provider.readRegion(region.handle, 93, target)
    assert.deepEqual(target, bytes.slice(93))
    bytes.fill(9)
    provider.readRegion(region.handle, 0, target)
    assert.deepEqual(target, new Uint8Array(7).fill(9))
    assert.equal(region.byteLength, 100)
    region.release()
  })

  it('any part of a region can be read and no byte around it', () => {
    readsWithinBounds(subject)
  })

  it('a part may be read into the region itself', () => {
    const bytes = seededBytes(64, 1)
    const expected = bytes.slice().copyWithin(3, 0, 50)
    const region = provider.region(bytes)
    provider.readRegion(region.handle, 0, bytes.subarray(3, 53))
    assert.deepEqual(bytes, expected)
    region.release()
  })

  it('regions come and go as in a map by handle', () => {
    behavesAsMap(subject)
  })

  it('ten thousand regions keep apart, and let go in any order', () => {
    manyRegions(provider)
  })

  it('a released handle never names another region, however often memory is registered', () => {
    staleHandles(provider)
  })

  it('a region is released once', () => {
    const region = provider.region(seededBytes(8, 1))
    region.release()
    assert.throws(() => region.release(), { code: 'SLUICE_CLOSED' })
    refuses(() => provider.readRegion(region.handle, 0, new Uint8Array(1)))
  })

  it('what is no memory, no handle and no offset is refused', () => {
    refusesNonsense(provider)
  })
  memoryKinds(subject)
}

function memoryKinds({ it, provider }: KernelSubject): void {
  for (const [name, make] of LASTING_MEMORY) {
    it(`${name} can be a region`, () => {
      const { bytes, change } = make()
      bytes.set(seededBytes(bytes.length, 5))
      const region = provider.region(bytes)
      change?.()
      checkWhole(provider, region, seededBytes(region.byteLength, 5))
      region.release()
    })
  }
  for (const [name, make] of LOSABLE_MEMORY) {
    it(`${name} is refused as a region, and can be released`, () => {
      const { bytes, lose } = make()
      bytes.fill(1)
      const region = provider.region(bytes)
      checkWhole(provider, region, new Uint8Array(region.byteLength).fill(1))
      lose()
      const target = new Uint8Array(1).fill(7)
      refuses(() => provider.readRegion(region.handle, 0, target))
      assert.equal(target[0], 7)
      region.release()
      assert.throws(() => region.release(), { code: 'SLUICE_CLOSED' })
    })
  }
}

function readsWithinBounds({ provider, fc }: KernelSubject): void {
  const around = seededBytes(300, 2)
  const region = provider.region(around.subarray(100, 200))
  const position = fc.oneof(fc.nat({ max: 110 }), fc.nat(), fc.double({ noNaN: true }))
  fc.assert(
    fc.property(position, fc.nat({ max: 110 }), (offset, length) => {
      const target = new Uint8Array(length + 2).fill(7)
      const part = target.subarray(1, length + 1)
      const fits = Number.isInteger(offset) && offset >= 0 && offset + length <= 100
      if (fits) provider.readRegion(region.handle, offset, part)
      else refuses(() => provider.readRegion(region.handle, offset, part))
      const expected = new Uint8Array(length + 2).fill(7)
      if (fits) expected.set(around.subarray(100 + offset, 100 + offset + length), 1)
      assert.deepEqual(target, expected)
    }),
    { numRuns: 300 },
  )
  region.release()
}

/** What a property does next: registers, releases one of those there are, or tries a number. */
type Step = { readonly kind: 'open' | 'release' | 'foreign'; readonly value: number }

function behavesAsMap({ provider, fc }: KernelSubject): void {
  const kind = fc.constantFrom<Step['kind'][]>('open', 'open', 'release', 'foreign')
  const value = fc.oneof(fc.nat({ max: 2 ** 22 }), fc.integer({ min: 0, max: 2 ** 32 - 1 }))
  const step: Arbitrary<Step> = fc.record({ kind, value })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const regions = new Map<number, { region: MemoryRegion; bytes: Uint8Array }>()
      for (const next of steps) applyStep(provider, regions, next)
      for (const { region, bytes } of regions.values()) {
        checkWhole(provider, region, bytes)
        region.release()
      }
    }),
    { numRuns: 100 },
  )
}

function applyStep(
  provider: KernelProvider,
  regions: Map<number, { region: MemoryRegion; bytes: Uint8Array }>,
  { kind, value }: Step,
): void {
  const target = new Uint8Array(1)
  if (kind === 'open') {
    const bytes = seededBytes(1 + (value % 100), value | 1)
    const region = provider.region(bytes)
    assert.ok(!regions.has(region.handle))
    regions.set(region.handle, { region, bytes })
  } else if (kind === 'foreign') {
    if (regions.has(value)) provider.readRegion(value, 0, target)
    else refuses(() => provider.readRegion(value, 0, target))
  } else {
    const open = [...regions.values()]
    const { region } = open[value % open.length] ?? {}
    if (region === undefined) return
    region.release()
    regions.delete(region.handle)
    refuses(() => provider.readRegion(region.handle, 0, target))
  }
}

function manyRegions(provider: KernelProvider): void {
  const memory = new Uint32Array(MANY).map((_, i) => i)
  const regions = Array.from(memory, (_, i) =>
    provider.region(new Uint8Array(memory.buffer, 4 * i, 4)),
  )
  const handles = new Set(regions.map(({ handle }) => handle))
  assert.equal(handles.size, MANY)
  for (const handle of handles) assert.ok(handle > 0 && handle === handle >>> 0)
  const target = new Uint32Array(1)
  const isOpen = new Uint8Array(MANY).fill(1)
  // 7919 is prime to 10,000: every region once, in an order of its own.
  for (let turn = 0; turn < MANY; turn++) {
    const index = (turn * 7919) % MANY
    provider.readRegion(regions[index]!.handle, 0, new Uint8Array(target.buffer))
    assert.equal(target[0], index)
    regions[index]!.release()
    isOpen[index] = 0
    const other = (index + 1) % MANY
    const read = (): void => provider.readRegion(regions[other]!.handle, 0, new Uint8Array(4))
    if (isOpen[other] === 1) read()
    else refuses(read)
  }
}

function staleHandles(provider: KernelProvider): void {
  const memory = [seededBytes(4, 1), seededBytes(4, 2)]
  const target = new Uint8Array(4)
  const seen = new Set<number>()
  const held = provider.region(memory[0]!)
  for (let i = 0; i < OFTEN; i++) {
    const region = provider.region(memory[i % 2]!)
    assert.ok(!seen.has(region.handle))
    seen.add(region.handle)
    region.release()
  }
  const open = provider.region(memory[0]!)
  for (const handle of seen) refuses(() => provider.readRegion(handle, 0, target))
  checkWhole(provider, held, memory[0]!)
  held.release()
  open.release()
}

function refusesNonsense(provider: KernelProvider): void {
  for (const bad of [undefined, null, 'abc', [1], {}, new ArrayBuffer(4), new Uint32Array(4)]) {
    refuses(() => provider.region(bad as never))
  }
  const region = provider.region(seededBytes(8, 1))
  const target = new Uint8Array(4).fill(7)
  const { handle } = region
  for (const bad of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '3', null, undefined, {}, 0]) {
    refuses(() => provider.readRegion(bad as never, 0, target))
    if (bad !== 0) refuses(() => provider.readRegion(handle, bad as never, target))
  }
  refuses(() => provider.readRegion(handle + 2 ** 32, 0, target))
  refuses(() => provider.readRegion(handle, 5, target))
  refuses(() => provider.readRegion(handle, 2 ** 53, target))
  for (const bad of [undefined, null, [0], new Uint32Array(1), new ArrayBuffer(4)]) {
    refuses(() => provider.readRegion(handle, 0, bad as never))
  }
  assert.deepEqual(target, new Uint8Array(4).fill(7))
  region.release()
  // A detached array is memory of no length.
  const empty = provider.region(detach(new Uint8Array(8)))
  assert.equal(empty.byteLength, 0)
  provider.readRegion(empty.handle, 0, new Uint8Array(0))
  refuses(() => provider.readRegion(empty.handle, 0, new Uint8Array(1)))
  empty.release()
}

function checkWhole(provider: KernelProvider, region: MemoryRegion, expected: Uint8Array): void {
  const target = new Uint8Array(region.byteLength)
  provider.readRegion(region.handle, 0, target)
  assert.deepEqual(target, new Uint8Array(expected))
}

function refuses(call: () => unknown): void {
  assert.throws(call, { code: 'SLUICE_INVALID_ARGUMENT' })
}
