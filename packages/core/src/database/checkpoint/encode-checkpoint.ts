/**
 * From a checkpoint to the stream of its file, piece by piece: whoever writes asks for the next
 * piece when it has time. Alive bits are asked for only when it is their turn.
 */

import { InternalError } from '../../errors.js'
import { encodeBody } from '../../wal/record/body.js'
import { schemaToValues } from '../../wal/record/stored-schema.js'
import type { Checkpoint, CheckpointedCollection } from './checkpoint.js'
import {
  aliveProblem,
  aliveWordCount,
  CollectionRules,
  headProblem,
  lastWordMask,
  rowsPerSegmentIn,
  segmentProblem,
  timesProblem,
} from './checkpoint-rules.js'
import { encodeSection, encodeSectionHeader, sectionPadding } from './section.js'
import { encodeSegmentEntry, SEGMENT_ENTRY_BYTES } from './segment-table.js'

/**
 * Bytes of the database section.
 *
 * @internal
 */
export const DATABASE_SECTION_BYTES = 40

/**
 * The stream of a checkpoint.
 *
 * @param databaseId - 16 bytes
 * @throws InternalError for a checkpoint that could not be read back
 * @internal
 */
export function* encodeCheckpoint(
  checkpoint: Checkpoint,
  databaseId: Uint8Array,
): Generator<Uint8Array, void, undefined> {
  const { collections, ...rest } = checkpoint
  assertGood(headProblem({ ...rest, collectionCount: collections.length }))
  const body = databaseBody(checkpoint, databaseId)
  yield encodeSection({ kind: 'database', collectionId: 0 }, body)
  const rules = new CollectionRules(checkpoint.nextCollectionId)
  for (const collection of collections) {
    const segmentCount = collection.segments.length
    assertGood(rules.problemOf({ ...collection, segmentCount }), collection)
    const about = { kind: 'collection', collectionId: collection.id } as const
    yield encodeSection(about, collectionBody(collection))
    if (segmentCount === 0) continue
    const mixed = yield* segmentTable(collection)
    if (mixed.length > 0) yield* aliveBits(collection, mixed)
    if (collection.times.length > 0) yield times(collection)
  }
}

function databaseBody(checkpoint: Checkpoint, databaseId: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(DATABASE_SECTION_BYTES)
  const view = new DataView(bytes.buffer)
  bytes.set(databaseId)
  view.setUint32(16, checkpoint.number, true)
  view.setUint32(20, checkpoint.epoch, true)
  view.setBigUint64(24, checkpoint.lsn, true)
  view.setUint32(32, checkpoint.nextCollectionId, true)
  view.setUint32(36, checkpoint.collections.length, true)
  return bytes
}

function collectionBody(collection: CheckpointedCollection): Uint8Array {
  const { name, schema, idKind = null, nextId, visibleRows, segments } = collection
  const values = [name, schemaToValues(schema), idKind, nextId, visibleRows, segments.length]
  return encodeBody(values)
}

/** Returns the segments whose alive bits have to be written. */
function* segmentTable(
  collection: CheckpointedCollection,
): Generator<Uint8Array, readonly number[], undefined> {
  const { id, visibleRows, segments } = collection
  const rowsPerSegment = rowsPerSegmentIn(collection)
  const mixed: number[] = []
  const byteLength = segments.length * SEGMENT_ENTRY_BYTES
  yield encodeSectionHeader({ kind: 'segments', collectionId: id, byteLength })
  for (const [index, segment] of segments.entries()) {
    assertGood(segmentProblem(segment, { index, visibleRows, rowsPerSegment }), collection)
    const allAlive = !segment.freed && isAllAlive(collection.aliveWords(index), segment.rowCount)
    if (!segment.freed && !allAlive) mixed.push(index)
    yield encodeSegmentEntry({ ...segment, allAlive })
  }
  return mixed
}

function* aliveBits(
  collection: CheckpointedCollection,
  indexes: readonly number[],
): Generator<Uint8Array, void, undefined> {
  const rowCountOf = (index: number): number => collection.segments[index]?.rowCount ?? 0
  const wordCount = indexes.reduce((sum, index) => sum + aliveWordCount(rowCountOf(index)), 0)
  const byteLength = wordCount * Uint32Array.BYTES_PER_ELEMENT
  yield encodeSectionHeader({ kind: 'alive', collectionId: collection.id, byteLength })
  for (const index of indexes) {
    const words = collection.aliveWords(index)
    assertGood(aliveProblem(words, rowCountOf(index)), collection)
    yield new Uint8Array(words.buffer, words.byteOffset, words.byteLength)
  }
  yield sectionPadding(byteLength)
}

function times(collection: CheckpointedCollection): Uint8Array {
  const { id, times, visibleRows } = collection
  assertGood(timesProblem(times, visibleRows), collection)
  const bytes = new Uint8Array(times.buffer, times.byteOffset, times.byteLength)
  return encodeSection({ kind: 'times', collectionId: id }, bytes)
}

function isAllAlive(words: Uint32Array, rowCount: number): boolean {
  const last = words.length - 1
  if (words.length !== aliveWordCount(rowCount)) return false
  for (let i = 0; i < last; i++) if (words[i] !== 0xffff_ffff) return false
  return words[last] === lastWordMask(rowCount)
}

function assertGood(problem: string | undefined, collection?: CheckpointedCollection): void {
  if (problem === undefined) return
  const where = collection === undefined ? '' : ` of collection "${collection.name}"`
  throw new InternalError(`a checkpoint${where} would be unreadable: ${problem}`)
}
