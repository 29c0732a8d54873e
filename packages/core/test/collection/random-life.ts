/** A collection to which anything happens, and whose answers are compared with exact ones. */

import { expect } from 'vitest'
import {
  type Collection,
  type Database,
  type Dtype,
  elementsPerRow,
  open,
  type VectorData,
} from '../../src/index.js'
import { makeRows, Numbers, VECTOR_SETS, type VectorSet, vectorsOf } from '../search/vector-sets.js'

/** Compares the hits with those of an exact search; returns how many of those were found. */
export async function compare(
  collection: Collection,
  options: { readonly vector: VectorData; readonly k: number; readonly minScore?: number },
): Promise<{ readonly found: number; readonly of: number }> {
  const [hits, truth] = await Promise.all([
    collection.search({ ...options, recall: 0.99 }),
    collection.search({ ...options, exact: true }),
  ])
  if (options.minScore === undefined) expect(hits.length).toBe(truth.length)
  else expect(hits.length).toBeLessThanOrEqual(truth.length)
  const distanceOf = new Map<unknown, number>([...truth].map(({ id, distance }) => [id, distance]))
  const limit = truth.at(-1)?.distance ?? 0
  let before = Number.NEGATIVE_INFINITY
  let found = 0
  for (const { id, distance } of hits) {
    expect(distance).toBeGreaterThanOrEqual(before)
    expect(distanceOf.get(id) ?? distance).toBe(distance)
    if (distance <= limit) found++
    before = distance
  }
  return { found, of: truth.length }
}

/** What vectors a run has. */
export interface Shape {
  readonly dtype: Dtype
  readonly metric: 'cosine' | 'dot' | 'l2' | 'hamming'
  readonly dimension: number
  readonly set: VectorSet
  readonly seed: number
}

/** A collection with a few thousand rows of one set, and what is done to it. */
export class Life {
  readonly #path: string
  readonly #shape: Shape
  readonly #numbers: Numbers
  readonly #make: ReturnType<(typeof VECTOR_SETS)[VectorSet]>
  #database: Database | undefined
  #docs: Collection | undefined
  #nextId = 0

  constructor(path: string, shape: Shape) {
    this.#path = path
    this.#shape = shape
    this.#numbers = new Numbers(shape.seed)
    this.#make = VECTOR_SETS[shape.set]()
  }

  async open(): Promise<void> {
    const { dtype, metric, dimension } = this.#shape
    const schema = { dtype, metric, dimension, segmentBytes: 1024 * 1024 }
    this.#database = await open({ path: this.#path, durability: 'memory' })
    this.#docs = await this.#database.collection('docs', schema)
  }

  async close(): Promise<void> {
    await this.#database?.close()
  }

  /** Does one thing; of a search, says how many of how many hits were found. */
  async do(step: string): Promise<{ readonly found: number; readonly of: number }> {
    const docs = this.#docs
    if (!docs) throw new Error('not open')
    const nothing = { found: 0, of: 0 }
    if (step === 'search') return this.#search(docs)
    if (step === 'add') await docs.add({ ids: this.#newIds(1200), vectors: this.#vectors(1200) })
    if (step === 'upsert') {
      const ids = [...new Set(this.#oldIds(300)), ...this.#newIds(50)]
      await docs.upsert({ ids, vectors: this.#vectors(ids.length) })
    }
    if (step === 'delete') await docs.delete({ ids: this.#oldIds(200) })
    if (step === 'refused') {
      const ids = [...this.#newIds(700), 0, 0]
      const write = docs.add({ ids, vectors: this.#vectors(702) })
      await expect(write).rejects.toMatchObject({ code: 'SLUICE_DUPLICATE_ID' })
    }
    if (step === 'reopen') {
      await this.close()
      await this.open()
    }
    return nothing
  }

  async #search(docs: Collection): Promise<{ readonly found: number; readonly of: number }> {
    let found = 0
    let of = 0
    for (let i = 0; i < 20; i++) {
      const k = [1, 10, 100, 5000][i % 4] ?? 1
      const outcome = await compare(docs, { vector: this.#vectors(1), k })
      found += outcome.found
      of += outcome.of
    }
    const vector = this.#vectors(1)
    const minScore = (await docs.search({ vector, k: 50, exact: true })).scores.at(-1)
    if (minScore === undefined) return { found, of }
    const outcome = await compare(docs, { vector, k: 100, minScore })
    return { found: found + outcome.found, of: of + outcome.of }
  }

  #vectors(rowCount: number): VectorData {
    const width = elementsPerRow(this.#shape.dtype, this.#shape.dimension)
    const request = { rowCount, width, numbers: this.#numbers }
    const values = makeRows(this.#make, request)
    return vectorsOf(this.#shape.dtype, values)
  }

  #newIds(count: number): number[] {
    return Array.from({ length: count }, () => this.#nextId++)
  }

  #oldIds(count: number): number[] {
    return Array.from({ length: count }, () => this.#numbers.below(this.#nextId))
  }
}
