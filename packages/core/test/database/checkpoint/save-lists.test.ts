/** Which lists a checkpoint writes: those that there were when it was captured, and no others. */

import { describe, expect, it } from 'vitest'
import type { Capture } from '../../../src/database/checkpoint/capture.js'
import { saveLists } from '../../../src/database/checkpoint/save-lists.js'
import type { CollectionFactory } from '../../../src/database/collection-factory.js'
import type { ListSet } from '../../../src/index/list-set.js'
import { SerialQueue } from '../../../src/serial-queue.js'

const OLDER = { name: 'older' } as unknown as ListSet
const NEWER = { name: 'newer' } as unknown as ListSet

/** Lists that are written with a capture, each with its LSN. */
async function written(
  captured: ListSet | undefined,
  now: { set: ListSet | undefined; isDropped?: boolean; kept?: ListSet },
): Promise<readonly (readonly [ListSet, bigint])[]> {
  const saved: (readonly [ListSet, bigint])[] = []
  const file = {
    has: (set: ListSet) => set === now.kept,
    save: async (set: ListSet, lsn: bigint) => saved.push([set, lsn]),
  }
  const state = {
    codes: { set: now.set },
    isDropped: now.isDropped ?? false,
    fileTurns: new SerialQueue(),
  }
  const capture = { lsn: 7n, nextCollectionId: 2, collections: [{ state, lists: captured }] }
  const factory = { listFile: () => file } as unknown as CollectionFactory
  await saveLists(capture as unknown as Capture, factory)
  return saved
}

describe('lists beside a checkpoint', () => {
  it('are written as they were captured, with the LSN of the capture', async () => {
    expect(await written(OLDER, { set: OLDER })).toEqual([[OLDER, 7n]])
  })

  it('wait for the next one when they came after the capture', async () => {
    expect(await written(OLDER, { set: NEWER })).toEqual([])
    expect(await written(undefined, { set: NEWER })).toEqual([])
  })

  it.each([
    { what: 'are in their file', now: { set: OLDER, kept: OLDER } },
    { what: 'were dropped for want of memory', now: { set: undefined } },
    { what: 'are of a collection that was dropped', now: { set: OLDER, isDropped: true } },
  ])('are not written when they $what', async ({ now }) => {
    expect(await written(OLDER, now)).toEqual([])
  })
})
