/**
 * The random rotation of docs/codes.md: twice signs, Hadamard butterflies within runs of a power of
 * two, and, where there are several runs, a reflection that mixes them. O(D log D), and orthogonal
 * but for a factor that is the length of a run. Storing into a Float32Array is what rounds.
 */

/**
 * Rotates a vector in place and makes it `runLength` times as long.
 *
 * @param y - `D` numbers
 * @param signs - `2 D` numbers, +1 or -1
 * @param runLength - the largest power of two that divides `D`
 * @internal
 */
export function rotate(y: Float32Array, signs: Float32Array, runLength: number): void {
  for (let round = 0; round < 2; round++) {
    flip(y, signs, round * y.length)
    hadamard(y, runLength)
    if (runLength < y.length) reflect(y, runLength)
  }
}

function flip(y: Float32Array, signs: Float32Array, base: number): void {
  for (let i = 0; i < y.length; i++) y[i] = y[i]! * signs[base + i]!
}

/** Two distances of butterflies a pass, so that numbers are loaded and stored half as often. */
function hadamard(y: Float32Array, runLength: number): void {
  let distance = 1
  for (; distance * 4 <= runLength; distance *= 4) doubleButterflies(y, distance)
  if (distance < runLength) butterflies(y, distance)
}

function doubleButterflies(y: Float32Array, distance: number): void {
  for (let start = 0; start < y.length; start += 4 * distance) {
    for (let i = start; i < start + distance; i++) {
      const p = y[i]!
      const q = y[i + distance]!
      const r = y[i + 2 * distance]!
      const s = y[i + 3 * distance]!
      const pPlus = Math.fround(p + q)
      const pMinus = Math.fround(p - q)
      const rPlus = Math.fround(r + s)
      const rMinus = Math.fround(r - s)
      y[i] = pPlus + rPlus
      y[i + distance] = pMinus + rMinus
      y[i + 2 * distance] = pPlus - rPlus
      y[i + 3 * distance] = pMinus - rMinus
    }
  }
}

function butterflies(y: Float32Array, distance: number): void {
  for (let start = 0; start < y.length; start += 2 * distance) {
    for (let i = start; i < start + distance; i++) {
      const p = y[i]!
      const q = y[i + distance]!
      y[i] = p + q
      y[i + distance] = p - q
    }
  }
}

/** The Householder reflection of the runs in the vector of ones. */
function reflect(y: Float32Array, runLength: number): void {
  const factor = Math.fround((2 * runLength) / y.length)
  for (let i = 0; i < runLength; i++) {
    let sum = y[i]!
    for (let at = i + runLength; at < y.length; at += runLength) sum = Math.fround(sum + y[at]!)
    const shift = Math.fround(sum * factor)
    for (let at = i; at < y.length; at += runLength) y[at] = y[at]! - shift
  }
}
