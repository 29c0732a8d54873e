/**
 * Sums of float32 terms in the one order that every instruction set can follow: 64 lanes, folded in
 * halves (docs/codes.md). Every term and every addition is rounded to float32 on its own. Arrays
 * count as continued with zeros, which change no lane.
 */

/** Storing into it rounds to float32. No sum is begun before another has ended. */
const lanes = new Float32Array(64)

/**
 * `sum64(v v)` of the first elements.
 *
 * @internal
 */
export function sumSquares(v: Float32Array, elements: number): number {
  lanes.fill(0)
  for (let i = 0; i < elements; i++) {
    const x = v[i]!
    lanes[i & 63] = lanes[i & 63]! + Math.fround(x * x)
  }
  return foldLanes()
}

/**
 * `sum64(v w)` over the elements of `w`, which may be shorter than `v`.
 *
 * @internal
 */
export function sumProducts(v: Float32Array, w: Float32Array): number {
  lanes.fill(0)
  for (let i = 0; i < w.length; i++) {
    lanes[i & 63] = lanes[i & 63]! + Math.fround(v[i]! * w[i]!)
  }
  return foldLanes()
}

/**
 * `sum64(|v|)`.
 *
 * @internal
 */
export function sumMagnitudes(v: Float32Array): number {
  lanes.fill(0)
  for (let i = 0; i < v.length; i++) lanes[i & 63] = lanes[i & 63]! + Math.abs(v[i]!)
  return foldLanes()
}

/**
 * `sum64` of numbers, negated where those of `signs`, as they are in memory, have the sign bit set.
 *
 * @internal
 */
export function sumSigned(v: Float32Array, signs: Int32Array): number {
  lanes.fill(0)
  for (let i = 0; i < v.length; i++) {
    lanes[i & 63] = lanes[i & 63]! + (signs[i]! < 0 ? -v[i]! : v[i]!)
  }
  return foldLanes()
}

/**
 * `sum64((v - w)^2)` with `w` the elements of `rows` from `base` on.
 *
 * @internal
 */
export function sumSquaredDifferences(
  v: Float32Array,
  rows: Float32Array,
  base: number,
  elements: number,
): number {
  lanes.fill(0)
  for (let i = 0; i < elements; i++) {
    const difference = Math.fround(v[i]! - rows[base + i]!)
    lanes[i & 63] = lanes[i & 63]! + Math.fround(difference * difference)
  }
  return foldLanes()
}

/**
 * `sum64(r (v - w))` over the elements of `r`, with `w` those of `rows` from `base` on.
 *
 * @internal
 */
export function sumDifferenceProducts(
  r: Float32Array,
  v: Float32Array,
  rows: Float32Array,
  base: number,
): number {
  lanes.fill(0)
  for (let i = 0; i < r.length; i++) {
    const difference = Math.fround(v[i]! - rows[base + i]!)
    lanes[i & 63] = lanes[i & 63]! + Math.fround(r[i]! * difference)
  }
  return foldLanes()
}

function foldLanes(): number {
  for (let half = 32; half > 0; half >>= 1) {
    for (let i = 0; i < half; i++) lanes[i] = lanes[i]! + lanes[i + half]!
  }
  return lanes[0]!
}
