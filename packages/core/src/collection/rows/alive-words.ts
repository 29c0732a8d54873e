/** Questions about the alive bits of a segment: bit `i & 31` of word `i >>> 5` is its row i. */

/**
 * Whether any row is alive. Stops at the first.
 *
 * @internal
 */
export function hasAlive(words: Uint32Array): boolean {
  for (let i = 0; i < words.length; i++) if (words[i] !== 0) return true
  return false
}

/**
 * The first alive row from `from` on, or `to` when there is none below.
 *
 * @internal
 */
export function nextAlive(words: Uint32Array, from: number, to: number): number {
  return nextBit(words, from, to, 0)
}

/**
 * The first dead row from `from` on, or `to` when there is none below.
 *
 * @internal
 */
export function nextDead(words: Uint32Array, from: number, to: number): number {
  return nextBit(words, from, to, -1)
}

/** The first bit that is set once words are flipped by a mask. */
function nextBit(words: Uint32Array, from: number, to: number, flip: number): number {
  let at = from
  while (at < to) {
    const rest = ((words[at >>> 5] ?? 0) ^ flip) >>> (at & 31)
    // The lowest set bit (Warren, Hacker's Delight, 2-1) and its number.
    if (rest !== 0) return Math.min(to, at + 31 - Math.clz32(rest & -rest))
    at = ((at >>> 5) + 1) << 5
  }
  return to
}
