import { describe, expect, it } from 'vitest'
import { type Database, open } from '../../src/index.js'
import { busyWal } from '../observe/busy-wal.js'
import { type ParsedFamily, parsePrometheus } from '../observe/prometheus-parser.js'
import { temporaryDirectory } from '../support/temporary-directory.js'
import { fill } from './verify/filled-database.js'

type Families = ReadonlyMap<string, ParsedFamily>

/** The value of the one sample with these labels. */
function valueIn(families: Families, name: string, labels: Record<string, string> = {}): number {
  const family = families.get(name.replace(/_(bucket|sum|count)$/, '')) ?? families.get(name)
  const found = family?.samples.filter(
    (sample) => sample.name === name && JSON.stringify(sample.labels) === JSON.stringify(labels),
  )
  expect(found, `${name} ${JSON.stringify(labels)}`).toHaveLength(1)
  return found?.[0]?.value ?? Number.NaN
}

async function filled(): Promise<Database> {
  const database = await open({ path: await temporaryDirectory(), checkpoint: false })
  await fill(database)
  return database
}

describe('metrics', () => {
  it('say what the stats say', async () => {
    const database = await filled()
    const docs = await database.collection('docs')
    const query = new Float32Array(docs.schema.dimension).fill(1)
    await docs.search({ vector: query })
    await docs.searchMany({ vectors: [query, query] })
    const families = parsePrometheus(database.metrics())
    const stats = database.stats()
    const { commits, queue, memory, disk, checkpoint, collections, timings } = stats
    expect(valueIn(families, 'sluice_rows_written_total')).toBe(commits.rows)
    expect(commits.rows).toBeGreaterThan(100)
    expect(valueIn(families, 'sluice_records_total')).toBe(commits.records)
    expect(valueIn(families, 'sluice_groups_total')).toBe(commits.groups)
    expect(valueIn(families, 'sluice_queue_bytes')).toBe(0)
    expect(valueIn(families, 'sluice_queue_limit_bytes')).toBe(queue.bytesMax)
    expect(valueIn(families, 'sluice_queue_peak_bytes')).toBe(queue.bytesPeak)
    expect(valueIn(families, 'sluice_queue_waiting_writes')).toBe(0)
    const { leasedBytes, bytesMax } = memory.budget
    expect(valueIn(families, 'sluice_memory_bytes', { kind: 'leased' })).toBe(leasedBytes)
    expect(valueIn(families, 'sluice_memory_limit_bytes')).toBe(bytesMax)
    expect(valueIn(families, 'sluice_memory_idle_bytes')).toBe(memory.idleBytes)
    expect(valueIn(families, 'sluice_queue_depth_bytes_count')).toBe(queue.depth.count)
    expect(valueIn(families, 'sluice_queue_depth_bytes_sum')).toBe(queue.depth.totalBytes)
    for (const kind of ['segment', 'column', 'list', 'log', 'checkpoint', 'recycled'] as const) {
      expect(valueIn(families, 'sluice_disk_bytes', { kind })).toBe(disk[`${kind}Bytes`])
    }
    expect(valueIn(families, 'sluice_log_unspilled_bytes')).toBe(commits.unspilledBytes)
    expect(valueIn(families, 'sluice_log_replay_bytes')).toBe(checkpoint.loggedBytes)
    for (const [collection, { rows, deadRows, index }] of Object.entries(collections)) {
      expect(rows).toBeGreaterThan(0)
      expect(valueIn(families, 'sluice_collection_rows', { collection })).toBe(rows)
      expect(valueIn(families, 'sluice_collection_dead_rows', { collection })).toBe(deadRows)
      expect(valueIn(families, 'sluice_collection_evicted_rows_total', { collection })).toBe(0)
      expect(valueIn(families, 'sluice_index_lists', { collection })).toBe(index.lists)
      const { encodedRows, listedRows } = index
      expect(valueIn(families, 'sluice_index_encoded_rows', { collection })).toBe(encodedRows)
      expect(valueIn(families, 'sluice_index_listed_rows', { collection })).toBe(listedRows)
    }
    expect(timings.write.count).toBeGreaterThan(0)
    expect(timings.search.count).toBe(1)
    expect(timings.searchMany.count).toBe(1)
    expect(stats.searches).toEqual({ lists: 0, codes: 0, exact: 3 })
    expect(valueIn(families, 'sluice_queries_total', { way: 'exact' })).toBe(3)
    const seconds = {
      sluice_queue_wait_seconds: timings.queueWait,
      sluice_segment_write_seconds: timings.segmentWrite,
      sluice_segment_sync_seconds: timings.segmentSync,
      sluice_log_append_seconds: timings.logAppend,
      sluice_write_seconds: timings.write,
      sluice_search_seconds: timings.search,
      sluice_search_many_seconds: timings.searchMany,
    }
    for (const [name, { count, totalMs }] of Object.entries(seconds)) {
      expect(valueIn(families, `${name}_count`)).toBe(count)
      expect(valueIn(families, `${name}_sum`)).toBe(totalMs / 1000)
    }
    await database.close()
  })

  it('tell which kernels and which log run, and whether writing has ended', async () => {
    const database = await filled()
    const { kernels } = database.stats()
    const families = parsePrometheus(database.metrics())
    const labels = { kernels: kernels.name, isa: kernels.isa, wal: 'file' }
    expect(valueIn(families, 'sluice_info', labels)).toBe(1)
    expect(valueIn(families, 'sluice_poisoned')).toBe(0)
    await database.close()
    expect(valueIn(parsePrometheus(database.metrics()), 'sluice_poisoned')).toBe(0)
  })

  it('tell that an I/O error ended all writing', async () => {
    let isBroken = false
    const wal = busyWal(() => {
      if (isBroken) throw new Error('no disk')
    })
    const database = await open({ wal })
    const docs = await database.collection('docs', { dimension: 4 })
    isBroken = true
    await expect(docs.add({ vectors: new Float32Array(4) })).rejects.toThrow('no disk')
    const families = parsePrometheus(database.metrics())
    expect(valueIn(families, 'sluice_poisoned')).toBe(1)
    expect(valueIn(families, 'sluice_log_append_seconds_count')).toBe(2)
    await expect(database.close()).resolves.toBe(undefined)
  })

  it('keep the conventions of names', async () => {
    const database = await filled()
    for (const { name, type, help } of parsePrometheus(database.metrics()).values()) {
      expect(name).toMatch(/^sluice_[a-z]+(_[a-z]+)*$/)
      expect(name.endsWith('_total')).toBe(type === 'counter')
      expect(/_(seconds|bytes)$/.test(name) || type !== 'histogram').toBe(true)
      expect(name).not.toMatch(/_(ms|millis|kb|mb|max)(_|$)/)
      expect(help).toMatch(/\.$/)
    }
    await database.close()
  })

  it('are there without a collection, and after a collection is gone', async () => {
    const database = await open()
    expect(parsePrometheus(database.metrics()).has('sluice_collection_rows')).toBe(false)
    await database.collection('docs', { dimension: 4 })
    expect(parsePrometheus(database.metrics()).has('sluice_collection_rows')).toBe(true)
    await database.dropCollection('docs')
    expect(parsePrometheus(database.metrics()).has('sluice_collection_rows')).toBe(false)
    await database.close()
  })
})
