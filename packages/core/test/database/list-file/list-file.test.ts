/** Lists of any rows come back from a file to the bit; wrong ones never do. */

import { copyFile, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { SlabAllocator } from '@sluice/pool'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ListFile, type OpenedRows } from '../../../src/database/list-file/list-file.js'
import type { Calibration } from '../../../src/index/calibration/calibration.js'
import { clusterRows } from '../../../src/index/cluster/cluster-rows.js'
import { ListSet } from '../../../src/index/list-set.js'
import { scalarKernels } from '../../../src/kernels/scalar/scalar-kernels.js'
import {
  aliveRows,
  anyRows,
  bytesOfLists,
  hostOf,
  inputOf,
  type Rows,
  rowCountOf,
  segmented,
} from '../../index/cluster/cluster-fixture.js'
import { temporaryDirectory } from '../../support/temporary-directory.js'

const LSN = 12n

const plans = fc.array(
  fc.record({
    k: fc.integer({ min: 1, max: 1000 }),
    recall: fc.double({ min: 0, max: 1, noNaN: true }),
    probes: fc.constantFrom(0, 1),
    reach: fc.double({ noNaN: true }),
    eps: fc.double({ min: 0, noNaN: true }),
  }),
  { maxLength: 5 },
)

/** A collection with lists, and files for them. */
class Listed {
  readonly warnings: string[] = []
  readonly rows: Rows
  readonly rowCount: number
  readonly alive: number[]
  readonly directory: string
  readonly allocator = new SlabAllocator({ bytesMax: 2 ** 28, backing: 'shared' })

  private constructor(rows: Rows, directory: string) {
    this.rows = rows
    this.rowCount = rowCountOf(rows) - (rowCountOf(rows) % 32)
    this.alive = aliveRows(rows, this.rowCount)
    this.directory = directory
  }

  static async create(rows: Rows): Promise<Listed> {
    return new Listed(rows, await temporaryDirectory())
  }

  async cluster(listsPerRow: 1 | 2, plans: Calibration['plans'] = []): Promise<ListSet> {
    const { rows, rowCount, alive } = this
    const input = inputOf(rows, { listsPerRow, rows: segmented(rows, rowCount) })
    const lists = await clusterRows(scalarKernels, input, hostOf())
    const listCount = lists.extents.length / 3
    const calibration = { listCount, plans, rowQueries: 3, userQueries: 1, listsPay: true }
    return new ListSet(scalarKernels, { lists, calibration, leases: [], aliveRows: alive.length })
  }

  file(options: { readOnly?: boolean; id?: number } = {}): ListFile {
    const { readOnly = false, id = 5 } = options
    const { directory, allocator } = this
    const schema = { ...this.rows.shape, segmentBytes: 1024, index: { type: 'codes' as const } }
    return new ListFile({
      directory,
      collection: { id, name: 'docs', schema },
      databaseId: new Uint8Array(16).fill(9),
      readOnly,
      kernels: scalarKernels,
      allocator,
      warn: ({ code, message, details }) =>
        this.warnings.push(`${code} ${message}: ${details['cause']}`),
    })
  }

  opened(alive: readonly number[] = this.alive): OpenedRows {
    const { rowCount } = this
    const mask = new Uint32Array(rowCount / 32)
    for (const row of alive) mask[row >>> 5]! |= 1 << (row & 31)
    return { rowCount, lastLsn: LSN, aliveMask: () => ({ firstRow: 0, mask }) }
  }
}

/** 256 rows of two lists each, in a file. */
async function saved(): Promise<{ listed: Listed; set: ListSet; path: string }> {
  const numbers = Float32Array.from({ length: 256 * 40 }, (_, i) => Math.sin(i * i))
  const packed = new Uint8Array(numbers.buffer)
  const shape = { metric: 'l2', dtype: 'float32', dimension: 40 } as const
  const listed = await Listed.create({ shape, packed, rowsPerSegment: 100 })
  const set = await listed.cluster(2, [{ k: 10, recall: 0.9, probes: 2, reach: 1, eps: 1.5 }])
  const file = listed.file()
  await file.save(set, LSN)
  expect(listed.warnings).toEqual([])
  return { listed, set, path: file.path }
}

/** Sets a u32 of the header, with a checksum that fits. */
async function setNumber(path: string, offset: number, value: number): Promise<void> {
  const bytes = await readFile(path)
  bytes.writeUInt32LE(value, offset)
  bytes.writeUInt32LE(scalarKernels.crc32c(bytes.subarray(0, 124)), 124)
  await writeFile(path, bytes)
}

describe('lists in a file', () => {
  it('come back to the bit, of any rows', async () => {
    await fc.assert(
      fc.asyncProperty(anyRows, fc.constantFrom(1, 2), plans, async (rows, listsPerRow, found) => {
        const listed = await Listed.create(rows)
        const set = await listed.cluster(listsPerRow, found)
        const writer = listed.file()
        expect(writer.has(set)).toBe(false)
        await writer.save(set, LSN)
        expect(listed.warnings).toEqual([])
        expect(writer.has(set)).toBe(true)
        expect(writer.byteLength).toBe((await stat(writer.path)).size)
        const reader = listed.file()
        const loaded = await reader.load(listed.opened())
        expect(listed.warnings).toEqual([])
        expect(bytesOfLists(loaded!.lists)).toEqual(bytesOfLists(set.lists))
        const { space, rowCount, clusteredRows } = loaded!.lists
        expect({ space, rowCount, clusteredRows }).toEqual({
          space: set.lists.space,
          rowCount: set.lists.rowCount,
          clusteredRows: set.lists.clusteredRows,
        })
        expect(loaded!.lists.listsPerRow).toBe(listsPerRow)
        expect(loaded!.calibration).toEqual(set.calibration)
        expect(loaded!.aliveRows).toBe(set.aliveRows)
        expect(reader.has(loaded!)).toBe(true)
        expect(await reader.verify(listed.opened(), () => undefined)).toBe(reader.byteLength)
        loaded?.retire()
        expect(listed.allocator.stats().leaseCount).toBe(0)
      }),
      { numRuns: 40 },
    )
  })

  it('are not there where nobody wrote any', async () => {
    const { listed, path } = await saved()
    const other = await Listed.create(listed.rows)
    expect(await other.file().load(other.opened())).toBeUndefined()
    expect(await other.file().verify(other.opened(), undefined)).toBeUndefined()
    expect(other.warnings).toEqual([])
    expect(path).not.toBe(other.file().path)
  })

  it('are refused with any byte changed or missing, and give their memory back', async () => {
    const { listed, path } = await saved()
    const whole = await readFile(path)
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: whole.length - 1 }),
        fc.integer({ min: 1, max: 255 }),
        fc.boolean(),
        async (at, change, isCut) => {
          const bytes = Buffer.from(whole)
          bytes[at]! ^= change
          await writeFile(path, isCut ? whole.subarray(0, at) : bytes)
          listed.warnings.length = 0
          const file = listed.file()
          await expect(file.verify(listed.opened(), () => undefined)).rejects.toThrow(path)
          expect(await file.load(listed.opened())).toBeUndefined()
          expect(listed.warnings).toHaveLength(1)
          expect(listed.allocator.stats().leaseCount).toBe(0)
          await expect(stat(path)).rejects.toThrow('ENOENT')
        },
      ),
      { numRuns: 200 },
    )
  })

  it.each([
    { what: 'another collection', offset: 12, value: 6, field: 'collection id' },
    { what: 'another database', offset: 20, value: 1, field: 'database id' },
    { what: 'records that the log does not have', offset: 32, value: 13, field: 'lsn' },
    { what: 'another dtype', offset: 40, value: 0, field: 'dtype' },
    { what: 'another metric', offset: 44, value: 1, field: 'metric' },
    { what: 'another dimension', offset: 48, value: 41, field: 'dimension' },
    { what: 'more rows than there are', offset: 52, value: 288, field: 'row count' },
    { what: 'half a block of rows', offset: 52, value: 250, field: 'whole block' },
    { what: 'fewer rows than are in it', offset: 52, value: 224, field: 'row' },
    { what: 'more clustered rows than rows', offset: 56, value: 257, field: 'clustered rows' },
    { what: 'more alive rows than rows', offset: 60, value: 257, field: 'alive rows' },
    { what: 'no lists', offset: 64, value: 0, field: 'lists' },
    { what: 'four billion lists', offset: 64, value: 0xffff_ffff, field: 'lists' },
    { what: 'three lists a row', offset: 68, value: 3, field: 'lists per row' },
    { what: 'four billion plans', offset: 72, value: 0xffff_ffff, field: 'plans' },
    { what: 'four billion blocks', offset: 84, value: 0xffff_ffff, field: 'blocks' },
  ])('are refused when the file is of $what', async ({ offset, value, field }) => {
    const { listed, path } = await saved()
    await setNumber(path, offset, value)
    expect(await listed.file().load(listed.opened())).toBeUndefined()
    expect(listed.warnings).toEqual([expect.stringMatching(field)])
    expect(listed.allocator.stats().leaseCount).toBe(0)
    await expect(stat(path)).rejects.toThrow('ENOENT')
  })

  it.each([
    { what: 'a row number that cannot be', row: 256, problem: 'row of a list is 256' },
    { what: 'a row less', row: undefined, problem: 'not row' },
  ])('are refused with $what, though all checksums are right', async ({ row, problem }) => {
    const { listed, set, path } = await saved()
    const { chunks, extents } = set.lists
    const view = new DataView(chunks[0]!.buffer, chunks[0]!.byteOffset)
    const rowsAt = 8 * 32 + 3 * 128
    const lost = view.getUint32(rowsAt, true)
    for (let block = 0; block * (rowsAt + 128) < chunks[0]!.length; block++) {
      for (let lane = 0; lane < 32; lane++) {
        const at = block * (rowsAt + 128) + rowsAt + 4 * lane
        const other = (lost + 1) % 256
        if (view.getUint32(at, true) === lost) view.setUint32(at, row ?? other, true)
      }
    }
    expect(extents.length).toBeGreaterThan(0)
    await listed.file().save(set, LSN)
    expect(await listed.file().load(listed.opened())).toBeUndefined()
    expect(listed.warnings).toEqual([expect.stringMatching(problem)])
    await expect(stat(path)).rejects.toThrow('ENOENT')
  })

  it('without a row that has died since are as good', async () => {
    const { listed } = await saved()
    const loaded = await listed.file().load(listed.opened(listed.alive.slice(7)))
    expect(loaded?.aliveRows).toBe(256)
    loaded?.retire()
  })

  const bad = ['eps NaN', 'eps -1', 'reach NaN'] as const
  it.each(bad)('are refused with a plan of %s', async (number) => {
    const { listed } = await saved()
    const [name, value] = number.split(' ') as [string, string]
    const plan = { k: 1, recall: 0.5, probes: 1, reach: 0, eps: 1, [name]: Number(value) }
    await listed.file().save(await listed.cluster(2, [plan]), LSN)
    expect(await listed.file().load(listed.opened())).toBeUndefined()
    expect(listed.warnings).toEqual([expect.stringMatching(`${name} of a plan`)])
  })

  it('of another version stay where they are', async () => {
    const { listed, path } = await saved()
    await setNumber(path, 8, 1)
    const file = listed.file()
    expect(await file.load(listed.opened())).toBeUndefined()
    expect(listed.warnings).toEqual([expect.stringMatching('version is 1, expected 3')])
    expect(file.byteLength).toBe((await stat(path)).size)
  })

  it('that are damaged stay where nothing may be written', async () => {
    const { listed, path } = await saved()
    await setNumber(path, 12, 6)
    await copyFile(path, `${path}.new`)
    expect(await listed.file({ readOnly: true }).load(listed.opened())).toBeUndefined()
    expect(listed.warnings).toHaveLength(1)
    await stat(path)
    await stat(`${path}.new`)
  })

  it('that were never finished are removed, and those before them count', async () => {
    const { listed, set, path } = await saved()
    await writeFile(`${path}.new`, (await readFile(path)).subarray(0, 1000))
    const loaded = await listed.file().load(listed.opened())
    expect(bytesOfLists(loaded!.lists)).toEqual(bytesOfLists(set.lists))
    loaded?.retire()
    await expect(stat(`${path}.new`)).rejects.toThrow('ENOENT')
  })

  it('are not loaded where there is no memory, and stay', async () => {
    const { listed, path } = await saved()
    const small = new SlabAllocator({ bytesMax: 65_536, backing: 'heap' })
    onTestFinished(() => small.close())
    const held = small.allocate(60_000)
    Object.assign(listed, { allocator: small })
    expect(await listed.file().load(listed.opened())).toBeUndefined()
    expect(listed.warnings).toEqual([
      expect.stringMatching(/_LIST_FILE.*there is no memory for its lists/),
    ])
    expect(small.stats().leaseCount).toBe(1)
    held.release()
    await stat(path)
  })

  it('that cannot be written are a warning, and those before them stay', async () => {
    const { listed, set, path } = await saved()
    const before = await readFile(path)
    const file = listed.file()
    const other = Object.assign(listed, { directory: join(listed.directory, 'missing') }).file()
    await other.save(set, LSN)
    expect(listed.warnings).toEqual([expect.stringMatching(/_LIST_FILE.*could not be written/)])
    expect(other.has(set)).toBe(false)
    expect(await readFile(file.path)).toEqual(before)
  })
})
