/** A database in memory with little of it, and what must hold of its memory at every moment. */

import { SlabAllocator } from '@sluice/pool'
import { expect, onTestFinished } from 'vitest'
import { faultyWal, type WalFault } from '../../src/conformance/index.js'
import {
  type Batch,
  type Collection,
  type Database,
  memoryWal,
  type OpenOptions,
  open,
} from '../../src/index.js'

export const KIB = 1024
export const MIB = 1024 * KIB
/** Of float32: a row is 1 KiB, and a segment of the least size, 256 KiB, has 224 rows. */
export const DIMENSION = 256
export const SCHEMA = {
  dimension: DIMENSION,
  dtype: 'float32',
  metric: 'l2',
  segmentBytes: 256 * KIB,
} as const

/** A database that is checked and closed when the test ends. */
export async function openSmall(options: OpenOptions): Promise<Database> {
  const database = await open(options)
  onTestFinished(async () => {
    await database.close()
  })
  return database
}

/** Opens a collection with rows of 1 KiB. */
export function openDocs(database: Database, name = 'docs'): Promise<Collection> {
  return database.collection(name, SCHEMA)
}

/** Rows whose ids the collection assigns, which takes no memory to speak of. */
export function rowsOf(rowCount: number): Batch {
  return { vectors: new Float32Array(rowCount * DIMENSION) }
}

/** A log whose appends from the second on (the first creates a collection) wait for the test. */
export function heldLog(faults: readonly WalFault[] = []): {
  readonly wal: ReturnType<typeof memoryWal>
  readonly release: () => void
} {
  let release = (): void => undefined
  const until = new Promise<void>((resolve) => {
    release = resolve
  })
  const inner = faultyWal(memoryWal(), faults)
  return { wal: faultyWal(inner, [{ append: 2, action: 'delay', until }]), release }
}

/** An allocator with a bound of its own. */
export function ownAllocator(bytesMax: number): SlabAllocator {
  return new SlabAllocator({ bytesMax, backing: 'heap' })
}

/** What is in use is within the bound, and adds up. */
export function checkMemory(database: Database): void {
  const { memory, queue } = database.stats()
  const { bytesMax, usedBytes, usedBytesPeak, leasedBytes, aliveBytes, queueBytes } = memory.budget
  expect(usedBytes).toBe(leasedBytes + aliveBytes + queueBytes)
  expect(usedBytes).toBeLessThanOrEqual(bytesMax)
  expect(usedBytesPeak).toBeLessThanOrEqual(bytesMax)
  expect(leasedBytes).toBe(memory.leasedBytes)
  expect(queueBytes).toBe(queue.bytes)
}

/** The refusal of memory. */
export const REFUSED = {
  code: 'SLUICE_LIMIT_EXCEEDED',
  name: 'StateError',
  retryable: true,
}

/** Writes batches one after another until one is refused; returns how many were not. */
export async function fill(
  database: Database,
  docs: Collection,
  batchOf: (number: number) => Batch,
): Promise<number> {
  for (let number = 0; ; number++) {
    const error = await docs.add(batchOf(number)).then(
      () => undefined,
      (refusal: unknown) => refusal,
    )
    checkMemory(database)
    if (error === undefined) continue
    expect(error).toMatchObject(REFUSED)
    return number
  }
}

/** Lets everything happen that can without the test. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
}
