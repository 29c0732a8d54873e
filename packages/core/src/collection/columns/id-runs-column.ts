/** Runs of assigned ids as the body of a frame: {count u32, explicit u32, first id u64} each. */

import { type IdRuns, RUN_FIELDS } from '../ids/id-column.js'

const RUN_WORDS = 4
const TWO_32 = 2 ** 32

/**
 * Lays runs out as a body.
 *
 * @internal
 */
export function encodeIdRuns({ fields }: IdRuns): Uint8Array {
  const words = new Uint32Array((fields.length / RUN_FIELDS) * RUN_WORDS)
  for (let from = 0, at = 0; from < fields.length; from += RUN_FIELDS, at += RUN_WORDS) {
    const idFirst = fields[from + 2]!
    words[at] = fields[from]!
    words[at + 1] = fields[from + 1]!
    words[at + 2] = idFirst % TWO_32
    words[at + 3] = Math.floor(idFirst / TWO_32)
  }
  return new Uint8Array(words.buffer)
}

/**
 * Reads the words of a body back.
 *
 * @param count - rows that there must be
 * @returns the runs, or what is wrong with them
 * @internal
 */
export function decodeIdRuns(words: Uint32Array, count: number): IdRuns | string {
  const runCount = Math.floor(words.length / RUN_WORDS)
  if (words.length % RUN_WORDS !== 0) return `${words.length} words are no runs`
  const fields = new Float64Array(runCount * RUN_FIELDS)
  let rows = 0
  for (let from = 0, at = 0; from < words.length; from += RUN_WORDS, at += RUN_FIELDS) {
    const rowCount = words[from]!
    const explicit = words[from + 1]!
    const idFirst = words[from + 3]! * TWO_32 + words[from + 2]!
    if (rowCount === 0 || explicit > 1 || !Number.isSafeInteger(idFirst + rowCount)) {
      return `a run of ${rowCount} ids from ${idFirst} with flag ${explicit} is out of range`
    }
    rows += rowCount
    fields[at] = rowCount
    fields[at + 1] = explicit
    fields[at + 2] = idFirst
  }
  return rows === count ? { kind: 'runs', count, fields } : `the runs have ${rows} rows`
}
