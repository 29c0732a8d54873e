/** Rows in no list, and what is asked of them. */

import { expect } from 'vitest'
import { epsForRecall } from '../../src/index/recall-bound.js'
import type { VectorData } from '../../src/index.js'
import type { Metric } from '../../src/metric.js'
import { IndexedRows } from '../search/indexed-rows.js'
import { makeRows, Numbers, VECTOR_SETS, type VectorSet } from '../search/vector-sets.js'
import { kernels } from '../support/selected-kernels.js'

export const ROWS = 4800
export const DIMENSION = 96
/** Asked first. */
export const ASKED = 200
export const TARGETS = [0.9, 0.95, 0.99, 0.999] as const

export interface Subject {
  readonly indexed: IndexedRows
  /** More rows of the same set. */
  readonly more: (count: number) => Float32Array
}

export async function subjectOf(
  set: VectorSet,
  metric: Metric = 'cosine',
  from = kernels,
): Promise<Subject> {
  const numbers = new Numbers(11)
  const make = VECTOR_SETS[set]()
  const more = (rowCount: number): Float32Array =>
    Float32Array.from(makeRows(make, { rowCount, width: DIMENSION, numbers }))
  const schema = { dtype: 'float32', dimension: DIMENSION, metric } as const
  const indexed = await IndexedRows.create(schema, from)
  await indexed.add(more(ROWS))
  return { indexed, more }
}

export function vectorsIn(packed: Float32Array): Float32Array[] {
  return Array.from({ length: packed.length / DIMENSION }, (_, i) =>
    packed.slice(i * DIMENSION, (i + 1) * DIMENSION),
  )
}

/** As if searches had asked; says whether the index wants to learn from it. */
export function ask(indexed: IndexedRows, vectors: readonly VectorData[]): boolean {
  return vectors
    .map(({ buffer, byteOffset, byteLength }) =>
      indexed.index.noteQuery(new Uint8Array(buffer, byteOffset, byteLength)),
    )
    .at(-1)!
}

export function epsOf(indexed: IndexedRows, recall: number, k = 10): number {
  const { codes } = indexed.view()
  const { probes, eps } = codes!.plan(recall, k)
  codes!.end()
  expect(probes).toBe(0)
  return eps
}

export function isSure(indexed: IndexedRows): boolean {
  return TARGETS.every((recall) => epsOf(indexed, recall) === epsForRecall(recall))
}

export async function taught(set: VectorSet): Promise<Subject> {
  const subject = await subjectOf(set)
  ask(subject.indexed, vectorsIn(subject.more(ASKED)))
  await subject.indexed.maintain()
  expect(isSure(subject.indexed)).toBe(false)
  return subject
}
