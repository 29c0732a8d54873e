/**
 * Rows from the caller's array into a slab: a check for NaN and infinities, a copy and a checksum,
 * over runs of whole rows small enough to stay in the first-level cache between the three.
 * An element is bad when its exponent is all ones. Masking the exponent and adding one to its
 * lowest bit overflows into the sign bit exactly then, so a run costs an AND, an ADD and an OR a
 * word, and only a run with a bad element is looked at again.
 */

import type { IngestOutcome, IngestTask } from '../../contract/kernel-provider.js'
import { type Dtype, elementsPerRow } from '../../dtype.js'
import { crc32c } from './crc32c.js'

/** Source and target of a run together fill half of a 64 KiB first-level cache. */
const RUN_BYTES = 16 * 1024

/** Where the exponent of a float dtype lies. */
interface ExponentField {
  readonly elementBytes: 2 | 4 | 8
  /** Exponent bits of the element's most significant 16 or 32 bits. */
  readonly mask: number
  /** The lowest of them. */
  readonly unit: number
}

const FIELDS: Readonly<Partial<Record<Dtype, ExponentField>>> = {
  float64: { elementBytes: 8, mask: 0x7ff00000, unit: 0x00100000 },
  complex128: { elementBytes: 8, mask: 0x7ff00000, unit: 0x00100000 },
  float32: { elementBytes: 4, mask: 0x7f800000, unit: 0x00800000 },
  complex64: { elementBytes: 4, mask: 0x7f800000, unit: 0x00800000 },
  float16: { elementBytes: 2, mask: 0x7c00, unit: 0x0400 },
  bfloat16: { elementBytes: 2, mask: 0x7f80, unit: 0x0080 },
}

/**
 * Checks, copies and checksums rows. `source` and `target` may be the same bytes: rows written in
 * place are then checked and checksummed only.
 *
 * @param task - a checked task
 * @param stride - bytes of a row
 * @internal
 */
export function ingestRows(task: IngestTask, stride: number): IngestOutcome {
  const { source, target, rowCount } = task
  const inPlace = source.buffer === target.buffer && source.byteOffset === target.byteOffset
  const rowsPerRun = Math.max(1, Math.floor(RUN_BYTES / stride))
  let { crc } = task
  for (let row = 0; row < rowCount; row += rowsPerRun) {
    const from = row * stride
    const to = Math.min(row + rowsPerRun, rowCount) * stride
    const run = source.subarray(from, to)
    const badRow = firstBadRow(task, run, stride)
    const goodBytes = badRow < 0 ? to - from : badRow * stride
    if (!inPlace) target.set(run.subarray(0, goodBytes), from)
    if (badRow >= 0) return { firstBadRow: row + badRow, crc }
    crc = crc32c(target.subarray(from, to), crc)
  }
  return { firstBadRow: -1, crc }
}

/** The first bad row of a run, counted from its start; -1 when all are good. */
function firstBadRow({ dtype, dimension }: IngestTask, run: Uint8Array, stride: number): number {
  if (dtype === 'bit') return firstPaddedRow(run, stride, dimension)
  const field = FIELDS[dtype]
  if (field === undefined) return -1
  const element = firstBadElement(run, field)
  return element < 0 ? -1 : Math.floor(element / elementsPerRow(dtype, dimension))
}

function firstPaddedRow(run: Uint8Array, stride: number, dimension: number): number {
  const padding = 0xff >>> (dimension % 8 || 8)
  if (padding === 0) return -1
  for (let at = stride - 1; at < run.length; at += stride) {
    if ((run[at]! & padding) !== 0) return (at + 1) / stride - 1
  }
  return -1
}

function firstBadElement(run: Uint8Array, field: ExponentField): number {
  const { elementBytes, mask, unit } = field
  // Aligned for words, or for nothing: a copy is rare, as typed arrays are aligned.
  const aligned = run.byteOffset % 4 === 0 ? run : run.slice()
  const { buffer, byteOffset, byteLength } = aligned
  const words = new Int32Array(buffer, byteOffset, Math.floor(byteLength / 4))
  if (elementBytes === 8) {
    return overflowsEverySecond(words, mask, unit) ? findBad(words, field) : -1
  }
  if (elementBytes === 4) return overflows(words, mask, unit) < 0 ? findBad(words, field) : -1
  const halves = new Uint16Array(buffer, byteOffset, byteLength / 2)
  const bothHalves = overflows(words, mask | (mask << 16), unit | (unit << 16))
  const lastHalf = halves[halves.length - 1]! & mask
  const clean = (bothHalves & 0x80008000) === 0 && lastHalf !== mask
  return clean ? -1 : halves.findIndex((half) => (half & mask) === mask)
}

/** All words' sums or-ed together: a top bit is set where any exponent was all ones. */
function overflows(words: Int32Array, mask: number, unit: number): number {
  let a = 0
  let b = 0
  let i = 0
  for (; i + 3 < words.length; i += 4) {
    a |= ((words[i]! & mask) + unit) | ((words[i + 1]! & mask) + unit)
    b |= ((words[i + 2]! & mask) + unit) | ((words[i + 3]! & mask) + unit)
  }
  for (; i < words.length; i++) a |= (words[i]! & mask) + unit
  return a | b
}

/** The same over the upper words of float64 elements. */
function overflowsEverySecond(words: Int32Array, mask: number, unit: number): boolean {
  let sum = 0
  for (let i = 1; i < words.length; i += 2) sum |= (words[i]! & mask) + unit
  return sum < 0
}

function findBad(words: Int32Array, { elementBytes, mask }: ExponentField): number {
  const step = elementBytes / 4
  for (let i = step - 1; i < words.length; i += step) {
    if ((words[i]! & mask) === mask) return Math.floor(i / step)
  }
  return -1
}
