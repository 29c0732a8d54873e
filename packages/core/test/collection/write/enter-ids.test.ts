import { SlabAllocator } from '@sluice/pool'
import { describe, expect, it } from 'vitest'
import { NO_ROW } from '../../../src/collection/ids/id-index.js'
import { U64IdIndex } from '../../../src/collection/ids/u64-id-index.js'
import { enterIds } from '../../../src/collection/write/enter-ids.js'
import { findAll, u64Batch } from '../ids/id-batches.js'

/** An index with ids 0 to 9 for rows 0 to 9. */
function tenRows(): U64IdIndex {
  const index = new U64IdIndex(new SlabAllocator({ bytesMax: 2 ** 24, backing: 'heap' }), 7)
  const ids = u64Batch(Array.from({ length: 10 }, (_, i) => BigInt(i)))
  index.put(ids, 0, 10, { rowBase: 0, previous: new Uint32Array(10) })
  return index
}

async function enter(index: U64IdIndex, numbers: readonly number[], evictedRow: number) {
  const ids = u64Batch(numbers.map(BigInt))
  const put = { rowBase: 10, rowCount: ids.count, previous: new Uint32Array(ids.count) }
  return enterIds({
    index,
    ids,
    put,
    refuseExisting: true,
    isEvicted: (value) => value < evictedRow,
    isAbandoned: () => false,
  })
}

describe('enterIds', () => {
  it('takes every id back when one of them exists', async () => {
    const index = tenRows()
    const entered = enter(index, [20, 3], 0)
    await expect(entered).rejects.toMatchObject({ code: 'SLUICE_DUPLICATE_ID' })
    expect(findAll(index, u64Batch([20n, 3n]))).toEqual([NO_ROW, 3])
  })

  it('enters ids of evicted rows as new ones', async () => {
    const index = tenRows()
    expect(await enter(index, [3, 20], 5)).toBe(0)
    expect(findAll(index, u64Batch([3n, 20n]))).toEqual([10, 11])
  })

  it('brings no evicted row back when it takes ids back', async () => {
    const index = tenRows()
    const entered = enter(index, [3, 20, 7], 5)
    await expect(entered).rejects.toMatchObject({ details: { row: 2, id: 7n } })
    expect(findAll(index, u64Batch([3n, 20n, 7n]))).toEqual([NO_ROW, NO_ROW, 7])
    expect(index.entryCount).toBe(9)
  })
})
