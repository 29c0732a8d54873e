/** What a collection should be: a list of rows in insertion order, and nothing clever. */

/** A row of the reference. */
export interface ReferenceRow {
  readonly id: bigint | string
  readonly vector: readonly number[]
  readonly metadata: Readonly<Record<string, unknown>> | undefined
}

/** Compares two vectors of small integers exactly; lower is nearer. */
export function referenceDistance(
  metric: 'l2' | 'dot' | 'hamming' | 'cosine',
  a: readonly number[],
  b: readonly number[],
): number {
  const sum = (term: (x: number, y: number) => number): number =>
    a.reduce((total, x, i) => total + term(x, b[i] ?? 0), 0)
  const dot = sum((x, y) => x * y)
  if (metric === 'dot') return -dot
  if (metric === 'l2') return Math.sqrt(sum((x, y) => (x - y) ** 2))
  if (metric === 'hamming') return sum((x, y) => (x === y ? 0 : 1))
  const norms = Math.sqrt(sum((x) => x * x) * sum((_, y) => y * y))
  return norms === 0 ? 1 : 1 - dot / norms
}

/** A collection in memory, by the book. */
export class Reference {
  rows: ReferenceRow[] = []
  nextId = 1

  has(id: bigint | string): boolean {
    return this.rows.some((row) => row.id === id)
  }

  get(id: bigint | string): ReferenceRow | undefined {
    return this.rows.find((row) => row.id === id)
  }

  /** Writes rows; returns how many replaced another. */
  upsert(rows: readonly ReferenceRow[]): number {
    let updated = 0
    for (const row of rows) {
      updated += this.delete([row.id])
      this.rows.push(row)
    }
    return updated
  }

  /** Removes ids; returns how many were there. */
  delete(ids: readonly (bigint | string)[]): number {
    const before = this.rows.length
    this.rows = this.rows.filter((row) => !ids.includes(row.id))
    return before - this.rows.length
  }
}
