/**
 * Every operation on a file fails in turn while lists are written: the file before stays or the
 * new one is there, and the next attempt succeeds.
 */

import { readdir, readFile } from 'node:fs/promises'
import { SlabAllocator } from '@sluice/pool'
import { beforeAll, describe, expect, it } from 'vitest'
import { ListFile } from '../../../src/database/list-file/list-file.js'
import { clusterRows } from '../../../src/index/cluster/cluster-rows.js'
import { ListSet } from '../../../src/index/list-set.js'
import { scalarKernels } from '../../../src/kernels/scalar/scalar-kernels.js'
import { armFault, filesOpen, installFileFaults, operationsDone } from '../../crash/file-faults.mjs'
import { hostOf, inputOf, segmented } from '../../index/cluster/cluster-fixture.js'
import { temporaryDirectory } from '../../support/temporary-directory.js'

beforeAll(installFileFaults)

const SHAPE = { metric: 'l2', dtype: 'float32', dimension: 40 } as const

/** Lists of so many rows. */
async function listsOf(rowCount: number): Promise<ListSet> {
  const numbers = Float32Array.from({ length: rowCount * 40 }, (_, i) => Math.sin(i * i))
  const rows = { shape: SHAPE, packed: new Uint8Array(numbers.buffer), rowsPerSegment: 64 }
  const lists = await clusterRows(
    scalarKernels,
    inputOf(rows, { rows: segmented(rows, rowCount) }),
    hostOf(),
  )
  const listCount = lists.extents.length / 3
  const calibration = { listCount, plans: [], rowQueries: 0, userQueries: 0, listsPay: true }
  return new ListSet(scalarKernels, { lists, calibration, leases: [], aliveRows: rowCount })
}

describe('writing lists', () => {
  it('leaves the file before or the new one, whichever operation fails', async () => {
    const directory = await temporaryDirectory()
    const warnings: string[] = []
    const file = new ListFile({
      directory,
      collection: {
        id: 1,
        name: 'docs',
        schema: { ...SHAPE, segmentBytes: 1024, index: { type: 'codes' } },
      },
      databaseId: new Uint8Array(16),
      readOnly: false,
      kernels: scalarKernels,
      allocator: new SlabAllocator({ bytesMax: 65_536, backing: 'heap' }),
      warn: ({ message }) => warnings.push(message),
    })
    const older = await listsOf(64)
    const newer = await listsOf(128)
    await file.save(newer, 1n)
    const wanted = await readFile(file.path)
    armFault()
    await file.save(older, 1n)
    const operations = operationsDone()
    const before = await readFile(file.path)
    expect(operations.length).toBeGreaterThan(5)
    let failures = 0
    for (const action of ['fail before', 'fail half'] as const) {
      for (let count = 1; count <= operations.length; count++) {
        const what = `${action} ${operations[count - 1]}`
        warnings.length = 0
        armFault({ area: 'any', count, action, code: 'ENOSPC' })
        const set = await listsOf(128)
        await file.save(set, 1n)
        armFault()
        failures += warnings.length
        expect(file.has(set), what).toBe(warnings.length === 0)
        expect([before, wanted], what).toContainEqual(await readFile(file.path))
        expect(await readdir(directory), what).toEqual(['lists.idx'])
        if (!/ close /.test(what)) expect(filesOpen(), what).toEqual([])
        await file.save(older, 1n)
        expect(await readFile(file.path), what).toEqual(before)
      }
    }
    expect(failures).toBeGreaterThan(operations.length / 2)
  })
})
