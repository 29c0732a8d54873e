/** Part of the kernel suite: checksums, and rows into a slab. */

import assert from 'node:assert/strict'
import type { IngestTask } from '../contract/kernel-provider.js'
import { asVectorData, DTYPES, type Dtype, elementsPerRow, strideOf } from '../dtype.js'
import {
  FLOAT_DTYPES,
  type KernelSubject,
  movedTo,
  seededBytes,
  seededRows,
} from './kernel-provider-data.js'

/** What a target holds before, so that a stray write shows. */
const UNTOUCHED = 0xa5

/** Bit patterns of a float type's infinities and NaNs, and of finite values at the edge. */
interface Patterns {
  readonly bad: readonly bigint[]
  readonly good: readonly bigint[]
}

/**
 * Registers the tests of ingest and crc32c.
 *
 * @internal
 */
export function ingestTests(subject: KernelSubject): void {
  checksumTests(subject)
  copyTests(subject)
  badRowTests(subject)
}

function checksumTests({ it, fc, provider }: KernelSubject): void {
  it('crc32c gives the known values', () => {
    const ascending = Uint8Array.from({ length: 32 }, (_, i) => i)
    assert.equal(provider.crc32c(new TextEncoder().encode('123456789')), 0xe3069283)
    assert.equal(provider.crc32c(new Uint8Array(32)), 0x8a9136aa)
    assert.equal(provider.crc32c(new Uint8Array(32).fill(255)), 0x62a8ab43)
    assert.equal(provider.crc32c(ascending), 0x46dd794e)
    assert.equal(provider.crc32c(ascending.toReversed()), 0x113fdb5c)
    assert.equal(provider.crc32c(new Uint8Array(0), 0xfedcba98), 0xfedcba98)
  })

  it('crc32c agrees with its definition at any length and offset', () => {
    fc.assert(
      fc.property(fc.nat(20_000), fc.nat(9), fc.integer(), (length, offset, seed) => {
        const bytes = movedTo(offset, seededBytes(length, seed))
        assert.equal(provider.crc32c(bytes), definedCrc32c(bytes, 0))
      }),
    )
  })

  it('crc32c chains at any cut', () => {
    fc.assert(
      fc.property(fc.nat(8000), fc.nat(), fc.integer(), (length, cut, seed) => {
        const bytes = seededBytes(length, seed)
        const at = cut % (length + 1)
        const first = provider.crc32c(bytes.subarray(0, at))
        assert.equal(provider.crc32c(bytes.subarray(at), first), provider.crc32c(bytes))
      }),
    )
  })

  it('crc32c reads shared memory', () => {
    const shared = new Uint8Array(new SharedArrayBuffer(1000)).fill(3)
    assert.equal(provider.crc32c(shared), definedCrc32c(shared, 0))
  })
}

function copyTests({ it, fc, provider }: KernelSubject): void {
  for (const dtype of DTYPES) {
    it(`${dtype}: ingest copies good rows and continues the checksum`, () => {
      fc.assert(
        fc.property(
          fc.integer({ min: 1, max: 400 }),
          fc.nat(60),
          fc.tuple(fc.nat(9), fc.nat(9)),
          fc.integer(),
          (dimension, rowCount, [from, to], seed) => {
            const source = movedTo(from, seededRows(dtype, dimension, rowCount, seed))
            const target = movedTo(to, new Uint8Array(source.length).fill(UNTOUCHED))
            const crc = seed >>> 0
            const result = provider.ingest({ dtype, dimension, source, target, rowCount, crc })
            assert.deepEqual(result, { firstBadRow: -1, crc: definedCrc32c(source, crc) })
            assert.deepEqual(target, source)
          },
        ),
        { numRuns: 15 },
      )
    })
  }

  it('checks and checksums rows written in place', () => {
    const source = seededRows('float32', 100, 200, 1)
    const before = source.slice()
    const task = { dtype: 'float32', dimension: 100, source, rowCount: 200, crc: 0 } as const
    const inPlace = provider.ingest({ ...task, target: new Uint8Array(source.buffer) })
    assert.deepEqual(inPlace, { firstBadRow: -1, crc: definedCrc32c(before, 0) })
    assert.deepEqual(source, before)
  })
}

function badRowTests(subject: KernelSubject): void {
  const { it, fc } = subject
  for (const dtype of FLOAT_DTYPES) {
    const { bad, good } = patternsOf(dtype)
    it(`${dtype}: ingest finds the first NaN or infinity, and copies up to its row`, () => {
      fc.assert(
        fc.property(
          fc.integer({ min: 1, max: 400 }),
          fc.integer({ min: 1, max: 60 }),
          fc.array(fc.tuple(fc.nat(), fc.constantFrom(...bad)), { minLength: 1, maxLength: 3 }),
          fc.integer(),
          (dimension, rowCount, spoiled, seed) => {
            const source = seededRows(dtype, dimension, rowCount, seed)
            const elements = source.length / elementBytes(dtype)
            for (const [at, bits] of spoiled) setElement(dtype, source, at % elements, bits)
            const perRow = elementsPerRow(dtype, dimension)
            const rows = spoiled.map(([at]) => Math.floor((at % elements) / perRow))
            checkBadRow(subject, { dtype, dimension, source, rowCount }, Math.min(...rows))
          },
        ),
        { numRuns: 40 },
      )
    })

    it(`${dtype}: ingest finds a lone bad element wherever it is`, () => {
      for (const [dimension, rowCount] of [
        [1, 1],
        [3, 3],
        [16, 2],
        [33, 600],
      ] as const) {
        const good = seededRows(dtype, dimension, rowCount, 1)
        const perRow = elementsPerRow(dtype, dimension)
        const elements = rowCount * perRow
        for (let at = 0; at < elements; at += at > 200 && at + 300 < elements ? 997 : 1) {
          const source = good.slice()
          setElement(dtype, source, at, bad[at % bad.length]!)
          const task = { dtype, dimension, source, rowCount }
          checkBadRow(subject, task, Math.floor(at / perRow))
        }
      }
    })

    it(`${dtype}: ingest takes every finite edge: largest, smallest, -0`, () => {
      for (const bits of good) {
        for (const dimension of [1, 3, 17]) {
          const source = new Uint8Array(5 * strideOf(dtype, dimension))
          const elements = source.length / elementBytes(dtype)
          for (let i = 0; i < elements; i++) setElement(dtype, source, i, bits)
          const target = new Uint8Array(source.length)
          const task: IngestTask = { dtype, dimension, source, target, rowCount: 5, crc: 0 }
          assert.equal(subject.provider.ingest(task).firstBadRow, -1, `${bits.toString(16)}`)
        }
      }
    })
  }

  it('bit: ingest finds the first row with any padding bit set, and only padding bits', () => {
    for (let dimension = 1; dimension <= 40; dimension++) {
      const stride = strideOf('bit', dimension)
      for (let bit = 0; bit < stride * 8; bit++) {
        const source = seededRows('bit', dimension, 9, dimension)
        const at = 6 * stride + (bit >> 3)
        source[at] = source[at]! | (0x80 >> (bit & 7))
        const task = { dtype: 'bit', dimension, source, rowCount: 9 } as const
        checkBadRow(subject, task, bit < dimension ? -1 : 6)
      }
    }
  })
}

function checkBadRow(
  { provider }: KernelSubject,
  task: Omit<IngestTask, 'target' | 'crc'>,
  expected: number,
): void {
  const target = new Uint8Array(task.source.length).fill(UNTOUCHED)
  const { firstBadRow } = provider.ingest({ ...task, target, crc: 0 })
  assert.equal(firstBadRow, expected, `${task.dtype}, dimension ${task.dimension}`)
  if (expected < 0) return
  const copied = expected * strideOf(task.dtype, task.dimension)
  assert.ok(
    target.subarray(copied).every((byte) => byte === UNTOUCHED),
    'copied a bad row',
  )
}

function elementBytes(dtype: Dtype): number {
  return asVectorData(dtype, new Uint8Array(0)).BYTES_PER_ELEMENT
}

function setElement(dtype: Dtype, bytes: Uint8Array, index: number, bits: bigint): void {
  const size = elementBytes(dtype)
  for (let i = 0; i < size; i++) bytes[index * size + i] = Number((bits >> BigInt(8 * i)) & 255n)
}

/** From the width of exponent and fraction alone. */
function patternsOf(dtype: Dtype): Patterns {
  const width = BigInt(8 * elementBytes(dtype))
  const fraction = { 64: 52n, 32: 23n, 16: dtype === 'float16' ? 10n : 7n }[Number(width)]!
  const sign = 1n << (width - 1n)
  const infinity = sign - (1n << fraction)
  const quiet = infinity | (1n << (fraction - 1n))
  const bad = [infinity, sign | infinity, quiet, sign | quiet, infinity | 1n, (sign << 1n) - 1n]
  const good = [0n, sign, 1n, sign | 1n, infinity - 1n, sign | (infinity - 1n), 1n << fraction]
  return { bad, good }
}

/** CRC-32C bit by bit, from the definition. */
function definedCrc32c(bytes: Uint8Array, seed: number): number {
  let crc = ~seed
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1 ? 0x82f63b78 : 0) ^ (crc >>> 1)
  }
  return ~crc >>> 0
}
