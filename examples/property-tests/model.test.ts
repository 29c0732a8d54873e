/**
 * Testing against a model: random operations go to a collection and to a `Map`, and both must agree
 * after each one. A model finds what no single property states, such as an id that was deleted and
 * comes back. The same operations run in memory and on disk, where one of them closes the database
 * and opens it again. When a run fails, fast-check prints the shortest list of operations it finds.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Collection, type Database, open } from '@sluice/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

type Operation =
  | { readonly type: 'upsert'; readonly id: string; readonly point: readonly number[] }
  | { readonly type: 'delete'; readonly ids: readonly string[] }
  | { readonly type: 'reopen' }

const coordinate = fc.integer({ min: -9, max: 9 })
/** Few ids, so that operations meet. */
const id = fc.constantFrom('a', 'b', 'c', 'd', 'e')
const operation = fc.oneof(
  fc.record({
    type: fc.constant('upsert' as const),
    id,
    point: fc.tuple(coordinate, coordinate),
  }),
  fc.record({ type: fc.constant('delete' as const), ids: fc.uniqueArray(id) }),
)
const reopen = fc.constant({ type: 'reopen' as const })

/** A database, and the collection that is under test. */
interface Subject {
  readonly db: Database
  readonly points: Collection
}

async function openPoints(path?: string): Promise<Subject> {
  const db = await open(path === undefined ? {} : { path })
  return { db, points: await db.collection('points', { dimension: 2, metric: 'l2' }) }
}

/** Does the same to a collection and to a map, and compares them. */
async function checkAgainstModel(operations: readonly Operation[], path?: string): Promise<void> {
  let subject = await openPoints(path)
  const model = new Map<string, readonly number[]>()
  try {
    for (const next of operations) {
      if (next.type === 'upsert') {
        const { inserted } = await subject.points.upsert({ ids: [next.id], vectors: [next.point] })
        expect(inserted).toBe(model.has(next.id) ? 0 : 1)
        model.set(next.id, next.point)
      } else if (next.type === 'delete') {
        const { deleted } = await subject.points.delete({ ids: next.ids })
        expect(deleted).toBe(next.ids.filter((each) => model.delete(each)).length)
      } else {
        await subject.db.close()
        subject = await openPoints(path)
      }
      await checkEqual(subject.points, model)
    }
  } finally {
    await subject.db.close()
  }
}

async function checkEqual(
  points: Collection,
  model: ReadonlyMap<string, readonly number[]>,
): Promise<void> {
  expect(await points.count()).toBe(model.size)
  const rows = new Map<unknown, readonly number[]>()
  for await (const { id, vector } of points.iterate({ include: ['vector'] })) {
    rows.set(id, Array.from(vector ?? [], Number))
  }
  expect(rows).toEqual(model)
  const hits = await points.search({ vector: [0, 0], k: 5 })
  const distances = [...model.values()].map(([x = 0, y = 0]) => Math.hypot(x, y))
  expect([...hits.distances].map((each) => each.toFixed(9))).toEqual(
    distances.sort((a, b) => a - b).map((each) => each.toFixed(9)),
  )
}

describe('a collection behaves like a map', () => {
  it('when a point is written, moved, deleted and written again', () =>
    checkAgainstModel([
      { type: 'upsert', id: 'a', point: [1, 1] },
      { type: 'upsert', id: 'a', point: [2, 2] },
      { type: 'delete', ids: ['a', 'b'] },
      { type: 'upsert', id: 'a', point: [3, 3] },
    ]))

  it('in memory', () =>
    fc.assert(
      fc.asyncProperty(fc.array(operation, { maxLength: 30 }), (list) => checkAgainstModel(list)),
    ))

  it('on disk, closed and opened again at any time', () =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(operation, reopen), { maxLength: 12 }), async (list) => {
        const path = await mkdtemp(join(tmpdir(), 'sluice-model-'))
        try {
          await checkAgainstModel(list, path)
        } finally {
          await rm(path, { recursive: true })
        }
      }),
      { numRuns: 15 },
    ))
})
