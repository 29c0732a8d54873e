/**
 * Testing a program that stores vectors, with fast-check: state what must hold for every input, let
 * it look for an input for which it does not, and get the smallest one it finds, with a seed to
 * repeat the run. A database in memory opens in no time, so every run gets a new one.
 *
 * A property needs three things: what goes in (`notes`, an arbitrary), what is done with it (calls
 * of the public API), and what must be true afterwards (`expect`). Beside them stands one plain
 * example, because an example is what people read first.
 */
import { type Collection, open } from '@sluice/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const DIMENSION = 3

/** Numbers that float32 holds exactly, so that what comes back is what went in. */
const vector = fc.array(fc.integer({ min: -100, max: 100 }), {
  minLength: DIMENSION,
  maxLength: DIMENSION,
})
const note = fc.record({ id: fc.string({ minLength: 1, maxLength: 8 }), vector })
/** Notes with different ids. */
const notes = fc.uniqueArray(note, { selector: ({ id }) => id, minLength: 1, maxLength: 20 })

type Note = { readonly id: string; readonly vector: readonly number[] }

/** Runs a body on a new collection. */
async function withNotes(body: (collection: Collection) => Promise<void>): Promise<void> {
  await using db = await open()
  await body(await db.collection('notes', { dimension: DIMENSION }))
}

function batchOf(list: readonly Note[]): { ids: string[]; vectors: (readonly number[])[] } {
  return { ids: list.map(({ id }) => id), vectors: list.map((each) => each.vector) }
}

describe('a collection of notes', () => {
  it('gives back a note', () =>
    withNotes(async (collection) => {
      await collection.upsert({
        ids: ['tea'],
        vectors: [[1, 2, 3]],
        metadata: [{ text: 'Oolong' }],
      })
      const [row] = await collection.get(['tea'], { include: ['metadata', 'vector'] })
      expect(row).toEqual({
        id: 'tea',
        metadata: { text: 'Oolong' },
        vector: Float32Array.of(1, 2, 3),
      })
    }))

  it('gives back what was put in, in the order asked for', () =>
    fc.assert(
      fc.asyncProperty(notes, (list) =>
        withNotes(async (collection) => {
          await collection.upsert(batchOf(list))
          const asked = list.toReversed()
          const rows = await collection.get(batchOf(asked).ids, { include: ['vector'] })
          expect(rows).toEqual(
            asked.map(({ id, vector }) => ({ id, vector: Float32Array.from(vector) })),
          )
        }),
      ),
    ))

  it('counts different ids, and keeps the last vector of each', () =>
    fc.assert(
      fc.asyncProperty(fc.array(note, { maxLength: 20 }), (list) =>
        withNotes(async (collection) => {
          for (const each of list) await collection.upsert(batchOf([each]))
          const last = new Map(list.map(({ id, vector }) => [id, vector]))
          expect(await collection.count()).toBe(last.size)
          const rows = await collection.get([...last.keys()], { include: ['vector'] })
          expect(rows.map((row) => [...(row?.vector ?? [])])).toEqual([...last.values()])
        }),
      ),
    ))

  it('finds nothing more similar to a note than the note itself', () => {
    const somewhere = notes.filter((list) =>
      list.every(({ vector }) => vector.some((x) => x !== 0)),
    )
    return fc.assert(
      fc.asyncProperty(somewhere, (list) =>
        withNotes(async (collection) => {
          await collection.upsert(batchOf(list))
          for (const { id, vector } of list) {
            const hits = [...(await collection.search({ vector, k: list.length }))]
            expect(hits[0]?.score).toBeCloseTo(1)
            expect(hits.find((hit) => hit.id === id)?.score).toBeCloseTo(
              hits[0]?.score ?? Number.NaN,
            )
          }
        }),
      ),
    )
  })

  it('adds all notes of a batch or none', () =>
    fc.assert(
      fc.asyncProperty(notes, fc.nat(), (list, pick) =>
        withNotes(async (collection) => {
          const taken = list[pick % list.length] as Note
          await collection.add(batchOf([taken]))
          await expect(collection.add(batchOf(list))).rejects.toMatchObject({
            code: 'SLUICE_DUPLICATE_ID',
          })
          expect(await collection.count()).toBe(1)
        }),
      ),
    ))
})
