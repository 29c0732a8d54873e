/**
 * From the recall that is asked for to how sure the bounds of codes must be.
 *
 * The error of an estimate is close to normal, so a bound at `eps` standard deviations wrongly
 * leaves out a row in `1 / tail(eps)` when the row has nothing to do with the query. Rows that
 * belong to the answer are left out less often: most of them are better than the threshold by some
 * margin, and what query and row have in common has no error (docs/codes.md). Measured: up to 0.89
 * times as often where few rows are much longer than all others under dot, 0.25 on random rows, 0.1
 * on embeddings.
 */

/** How much less often a row of the answer is left out than any row, at worst, and some more. */
const MISS_SHARE = 0.9
/** Beyond this a miss is less likely than an error of the memory. */
const TAIL_MIN = 1e-12

/**
 * The factor on the error of a code with which searches have this recall, whatever the rows.
 *
 * @param recall - above 0, below 1
 * @returns `eps`, at least 0
 * @internal
 */
export function epsForRecall(recall: number): number {
  const tail = (1 - recall) / MISS_SHARE
  return tail >= 0.5 ? 0 : normalQuantile(Math.max(TAIL_MIN, tail))
}

/**
 * The x that a normal variable exceeds with probability `tail`, below 0.5, to 4.5e-4 (Abramowitz
 * and Stegun, Handbook of Mathematical Functions, 26.2.23).
 */
function normalQuantile(tail: number): number {
  const t = Math.sqrt(-2 * Math.log(tail))
  const numerator = 2.515517 + t * (0.802853 + t * 0.010328)
  const denominator = 1 + t * (1.432788 + t * (0.189269 + t * 0.001308))
  return t - numerator / denominator
}
