/** How good and how fast the answers are, judged by comparing every entry with every question. */
import { type Dictionary, type Embedded, type Entry, SCHEMA, vectorOf } from './dictionary.js'

/** Answers looked at for each question. */
const K = 10
/** Rows this close to the tenth-best are as good as it: rounding may order them either way. */
const SIMILARITY_SLACK = 1e-6

/** What {@link measureRecall} finds. */
export interface Recall {
  /** Share of the ten best entries that the search gave, over all questions: 0 to 1. */
  readonly recall: number
  readonly queriesPerSecond: number
}

/** Asks all questions and compares the answers with those of a brute force of our own. */
export async function measureRecall(
  dictionary: Dictionary,
  entries: Embedded<Entry>,
  questions: Embedded<string>,
): Promise<Recall> {
  const rows = unitRows(entries.vectors)
  const rowOf = new Map(entries.texts.map(({ id }, row) => [id, row]))
  let found = 0
  let milliseconds = 0
  for (let i = 0; i < questions.texts.length; i++) {
    const vector = vectorOf(questions, i)
    const startedAt = performance.now()
    // Through the index, with the default recall of 0.95 or more.
    const hits = await dictionary.search({ vector, k: K })
    milliseconds += performance.now() - startedAt
    const similarities = similaritiesTo(unitRows(vector), rows)
    const tenthBest = similarities.toSorted().at(-K) ?? 0
    for (const { id } of hits) {
      const similarity = similarities[rowOf.get(id) ?? -1] ?? -1
      if (similarity >= tenthBest - SIMILARITY_SLACK) found++
    }
  }
  const { length } = questions.texts
  return { recall: found / (K * length), queriesPerSecond: (1000 * length) / milliseconds }
}

/** Rows as numbers, divided by their lengths, so that a product of two is their cosine. */
function unitRows(float16: Uint16Array): Float64Array {
  const { dimension } = SCHEMA
  const rows = Float64Array.from(float16, numberOf)
  for (let from = 0; from < rows.length; from += dimension) {
    const row = rows.subarray(from, from + dimension)
    const length = Math.hypot(...row)
    for (let i = 0; i < dimension; i++) row[i] = (row[i] ?? 0) / length
  }
  return rows
}

function similaritiesTo(query: Float64Array, rows: Float64Array): Float64Array {
  const { dimension } = SCHEMA
  const similarities = new Float64Array(rows.length / dimension)
  for (let row = 0; row < similarities.length; row++) {
    let sum = 0
    for (let i = 0; i < dimension; i++) sum += query[i]! * rows[row * dimension + i]!
    similarities[row] = sum
  }
  return similarities
}

/** The finite number with a bit pattern of IEEE 754 binary16. */
function numberOf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >>> 10) & 0x1f
  const fraction = (bits & 0x3ff) / 1024
  return sign * (exponent === 0 ? 2 ** -14 * fraction : 2 ** (exponent - 15) * (1 + fraction))
}
