/**
 * From the sections of a file to a checkpoint. Nothing is believed: whatever the checksums do not
 * tell, such as the file of another database, is compared with what must be so.
 */

import { SluiceError } from '../../errors.js'
import type { IdKind } from '../../id-kind.js'
import { decodeBody } from '../../wal/record/body.js'
import { schemaFromValues } from '../../wal/record/stored-schema.js'
import type { Checkpoint, CheckpointedCollection } from './checkpoint.js'
import {
  aliveProblem,
  aliveWordCount,
  type CheckpointHead,
  type CollectionHead,
  CollectionRules,
  headProblem,
  rowsPerSegmentIn,
  segmentProblem,
  timesProblem,
} from './checkpoint-rules.js'
import { DATABASE_SECTION_BYTES } from './encode-checkpoint.js'
import { ReadCollection } from './read-collection.js'
import type { SectionHeader, SectionKind, SectionReader } from './section.js'
import { decodeSegmentEntry, SEGMENT_ENTRY_BYTES, type SegmentEntry } from './segment-table.js'

/** More than the longest name and the largest numbers take. */
const COLLECTION_BYTES_MAX = 1024
/** Entries of a segment table that are taken at a time. */
const ENTRIES_PER_STEP = 1024

const ID_KINDS: readonly IdKind[] = ['u64', 'string', 'assigned']

/**
 * Reads the first section of a checkpoint.
 *
 * @param sections - at their start
 * @param expected - the database that it must belong to, and its number
 * @throws CorruptionError
 * @internal
 */
export async function decodeHead(
  sections: SectionReader,
  expected: { readonly databaseId: Uint8Array; readonly number: number },
): Promise<CheckpointHead> {
  await sections.advance()
  const { byteLength } = current(sections, 'database')
  if (byteLength !== DATABASE_SECTION_BYTES) throw sections.damaged('its first section is wrong')
  const bytes = await sections.read(byteLength)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const head = {
    number: view.getUint32(16, true),
    epoch: view.getUint32(20, true),
    lsn: view.getBigUint64(24, true),
    nextCollectionId: view.getUint32(32, true),
    collectionCount: view.getUint32(36, true),
  }
  const problem = headProblem(head)
  if (problem !== undefined) throw sections.damaged(problem)
  if (Buffer.compare(bytes.subarray(0, 16), expected.databaseId) !== 0) {
    throw sections.damaged('it belongs to another database')
  }
  if (head.number === expected.number) return head
  throw sections.damaged(`it is checkpoint ${head.number}, not ${expected.number}`)
}

/**
 * Reads the collections of a checkpoint, to the end of the file.
 *
 * @param sections - behind the head
 * @throws CorruptionError
 * @internal
 */
export async function decodeCollections(
  sections: SectionReader,
  head: CheckpointHead,
): Promise<Checkpoint> {
  const { collectionCount, ...rest } = head
  const rules = new CollectionRules(head.nextCollectionId)
  const collections: CheckpointedCollection[] = []
  await sections.advance()
  while (sections.current !== undefined) {
    collections.push(await decodeCollection(sections, rules))
  }
  if (collections.length === collectionCount) return { ...rest, collections }
  const problem = `${collections.length} collections are there instead of ${collectionCount}`
  throw sections.damaged(problem)
}

async function decodeCollection(
  sections: SectionReader,
  rules: CollectionRules,
): Promise<CheckpointedCollection> {
  const { collectionId: id, byteLength } = current(sections, 'collection')
  if (byteLength > COLLECTION_BYTES_MAX) throw sections.damaged('the section is too long')
  const head = headFrom(id, bodyValues(sections, await sections.read(byteLength)))
  if (head === undefined) throw sections.damaged('the section has the wrong form')
  const problem = rules.problemOf(head)
  if (problem !== undefined) throw sections.damaged(problem)
  await sections.advance()
  const segments = head.segmentCount === 0 ? [] : await decodeSegments(sections, head)
  const mixed = segments.filter(({ freed, allAlive }) => !freed && !allAlive)
  const words = mixed.length === 0 ? [] : await decodeAlive(sections, id, mixed)
  const times = await decodeTimes(sections, head)
  return new ReadCollection(head, segments, { words, times })
}

function bodyValues(sections: SectionReader, bytes: Uint8Array): readonly unknown[] {
  try {
    return decodeBody(bytes)
  } catch (error) {
    const reason = error instanceof SluiceError ? error.message : 'it is not msgpack'
    throw sections.damaged(reason, error)
  }
}

function headFrom(id: number, values: readonly unknown[]): CollectionHead | undefined {
  const [name, schemaValues, idKindName, nextId, visibleRows, segmentCount] = values
  const schema = schemaFromValues(schemaValues)
  const idKind = ID_KINDS.find((kind) => kind === idKindName)
  if (values.length !== 6 || typeof name !== 'string' || schema === undefined) return undefined
  if (idKind === undefined && idKindName !== null) return undefined
  if (typeof nextId !== 'number' || typeof visibleRows !== 'number') return undefined
  if (typeof segmentCount !== 'number') return undefined
  return { id, name, schema, idKind, nextId, visibleRows, segmentCount }
}

async function decodeSegments(
  sections: SectionReader,
  head: CollectionHead,
): Promise<readonly SegmentEntry[]> {
  const { id, segmentCount, visibleRows } = head
  const { byteLength } = current(sections, 'segments', id)
  if (byteLength !== segmentCount * SEGMENT_ENTRY_BYTES) {
    throw sections.damaged(`${byteLength} bytes are wrong for ${segmentCount} segments`)
  }
  const rowsPerSegment = rowsPerSegmentIn(head)
  const entries: SegmentEntry[] = []
  while (entries.length < segmentCount) {
    const count = Math.min(ENTRIES_PER_STEP, segmentCount - entries.length)
    const bytes = await sections.read(count * SEGMENT_ENTRY_BYTES)
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    for (let offset = 0; offset < bytes.length; offset += SEGMENT_ENTRY_BYTES) {
      const index = entries.length
      const entry = decodeSegmentEntry(view, offset)
      const problem = entry && segmentProblem(entry, { index, visibleRows, rowsPerSegment })
      if (entry === undefined || problem !== undefined) {
        throw sections.damaged(problem ?? `segment ${index} has unknown flags`)
      }
      entries.push(entry)
    }
  }
  await sections.advance()
  return entries
}

/** The alive bits of the segments that have some of their own, in order. */
async function decodeAlive(
  sections: SectionReader,
  collectionId: number,
  segments: readonly SegmentEntry[],
): Promise<readonly Uint32Array[]> {
  const { byteLength } = current(sections, 'alive', collectionId)
  const expected = segments.reduce((sum, { rowCount }) => sum + 4 * aliveWordCount(rowCount), 0)
  if (byteLength !== expected) {
    throw sections.damaged(`${byteLength} bytes of alive bits are there instead of ${expected}`)
  }
  const words: Uint32Array[] = []
  for (const { rowCount } of segments) {
    const bytes = await sections.read(4 * aliveWordCount(rowCount))
    const bits = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)
    const problem = aliveProblem(bits, rowCount)
    if (problem !== undefined) throw sections.damaged(problem)
    words.push(bits)
  }
  await sections.advance()
  return words
}

/** The times of rows within segments, where there are some. */
async function decodeTimes(
  sections: SectionReader,
  { id, visibleRows }: CollectionHead,
): Promise<Uint32Array> {
  if (sections.current?.kind !== 'times') return new Uint32Array(0)
  const { byteLength } = current(sections, 'times', id)
  if (byteLength % 8 !== 0) throw sections.damaged(`${byteLength} bytes are wrong for times`)
  const bytes = await sections.read(byteLength)
  const times = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)
  const problem = timesProblem(times, visibleRows)
  if (problem !== undefined) throw sections.damaged(problem)
  await sections.advance()
  return times
}

/** The current section, which must be of this kind and about this collection. */
function current(sections: SectionReader, kind: SectionKind, collectionId?: number): SectionHeader {
  const header = sections.current
  if (header === undefined) throw sections.damaged(`it ends where "${kind}" should be`)
  if (header.kind !== kind) {
    throw sections.damaged(`section "${header.kind}" is in the place of "${kind}"`)
  }
  if (collectionId === undefined || header.collectionId === collectionId) return header
  const problem = `a section is about collection ${header.collectionId}, not ${collectionId}`
  throw sections.damaged(problem)
}
