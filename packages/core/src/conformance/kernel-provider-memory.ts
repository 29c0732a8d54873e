/** Part of the kernel suite: advice about pages changes no byte, whatever comes of it. */

import assert from 'node:assert/strict'
import { type KernelSubject, seededBytes } from './kernel-provider-data.js'
import { detach, LASTING_MEMORY } from './kernel-provider-memory-kinds.js'

const NO_BYTES: readonly unknown[] = [undefined, null, 'abc', [1], {}, new Uint16Array(4)]

/** More than a step of a prefault is likely to be. */
const LARGE_BYTES = 9 * 1024 * 1024 + 123

/**
 * Registers the tests of helpers, where the provider has any.
 *
 * @internal
 */
export function memoryTests({ it, fc, provider }: KernelSubject): void {
  const { memory } = provider
  if (memory === undefined) return
  for (const [name, make] of LASTING_MEMORY) {
    it(`${name} can be advised about and brought in, and keeps its bytes`, async () => {
      const { bytes } = make()
      const expected = seededBytes(bytes.length, 3)
      bytes.set(expected)
      assert.equal(typeof memory.adviseHugePages(bytes), 'boolean')
      await memory.prefault(bytes)
      await memory.collapse(bytes)
      assert.deepEqual(new Uint8Array(bytes), expected)
    })
  }

  it('memory of no length is brought in at once', async () => {
    await memory.prefault(new Uint8Array(0))
    await memory.prefault(detach(new Uint8Array(8)))
    await memory.collapse(new Uint8Array(0))
    assert.equal(memory.adviseHugePages(new Uint8Array(0)), false)
  })

  it('what is written while memory is brought in stays', async () => {
    const shared = new Uint8Array(new SharedArrayBuffer(LARGE_BYTES))
    await writesDuring(shared, memory.prefault(shared))
    const own = new Uint8Array(LARGE_BYTES)
    await writesDuring(own, memory.prefault(own))
  })

  it('what is written while huge pages are made stays', async () => {
    const bytes = new Uint8Array(new SharedArrayBuffer(LARGE_BYTES))
    await memory.prefault(bytes)
    await writesDuring(bytes, memory.collapse(bytes))
  })

  it('memory that is detached before it is in is refused', async () => {
    const bytes = new Uint8Array(LARGE_BYTES)
    const prefault = memory.prefault(bytes)
    detach(bytes)
    await assert.rejects(prefault, { code: 'SLUICE_INVALID_ARGUMENT' })
  })

  it('offsets of addresses go on with the bytes', () => {
    const bytes = new Uint8Array(new SharedArrayBuffer(10_000))
    const exponent = fc.nat({ max: 30 })
    const property = fc.property(exponent, fc.nat({ max: 9999 }), (bits, start) => {
      const alignment = 2 ** bits
      const first = memory.addressOffset(bytes, alignment)
      const actual = memory.addressOffset(bytes.subarray(start), alignment)
      assert.equal(actual, (first + start) % alignment)
    })
    fc.assert(property)
  })

  it('what is no memory and no alignment is refused', async () => {
    const invalid = { code: 'SLUICE_INVALID_ARGUMENT' }
    for (const bad of NO_BYTES as never[]) {
      assert.throws(() => memory.adviseHugePages(bad), invalid)
      assert.throws(() => memory.addressOffset(bad, 64), invalid)
      await assert.rejects(memory.prefault(bad), invalid)
      await assert.rejects(memory.collapse(bad), invalid)
    }
    for (const bad of [0, -1, 3, 1.5, 2 ** 31, Number.NaN, '8', undefined] as never[]) {
      assert.throws(() => memory.addressOffset(new Uint8Array(8), bad), invalid)
    }
  })
}

async function writesDuring(bytes: Uint8Array, work: Promise<void>): Promise<void> {
  for (let i = 0; i < bytes.length; i += 1000) bytes[i] = 1 + (i % 255)
  await work
  for (let i = 0; i < bytes.length; i += 1000) assert.equal(bytes[i], 1 + (i % 255))
  assert.equal(bytes[1], 0)
}
