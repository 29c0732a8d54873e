/** Checkpoints as files: written once, durably, and read whole or not at all. */

import { basename } from 'node:path'
import { InternalError } from '../../errors.js'
import { BlockFileReader, writeBlockFile } from './block-file.js'
import type { Checkpoint } from './checkpoint.js'
import { checkpointNumberOf } from './checkpoint-name.js'
import type { CheckpointHead } from './checkpoint-rules.js'
import { decodeCollections, decodeHead } from './decode-checkpoint.js'
import { encodeCheckpoint } from './encode-checkpoint.js'
import { SectionReader } from './section.js'

/**
 * What a checkpoint file belongs to.
 *
 * @internal
 */
export interface CheckpointFileOptions {
  /** 16 bytes. */
  readonly databaseId: Uint8Array
  readonly crc32c: (bytes: Uint8Array, seed?: number) => number
}

/**
 * Writes a checkpoint to a new file. Resolves when file and name are durable; leaves no file
 * behind when it fails. The event loop gets its turn every millisecond or so.
 *
 * @param path - named by the number of the checkpoint; the directory exists
 * @throws StorageError; InternalError for a checkpoint that breaks the rules
 * @internal
 */
export async function writeCheckpoint(
  path: string,
  checkpoint: Checkpoint,
  options: CheckpointFileOptions,
): Promise<{ readonly byteLength: number }> {
  const { number } = checkpoint
  if (number !== numberIn(path)) throw new InternalError(`${path} is no name for ${number}`)
  const chunks = encodeCheckpoint(checkpoint, options.databaseId)
  return { byteLength: await writeBlockFile(path, chunks, { number, crc32c: options.crc32c }) }
}

/**
 * Reads a checkpoint.
 *
 * @param path - named by the number of the checkpoint
 * @throws CorruptionError with `file` and `offset`: `SLUICE_CORRUPT`, also for a missing file, or
 * `SLUICE_UNSUPPORTED_FORMAT`; StorageError
 * @internal
 */
export async function readCheckpoint(
  path: string,
  options: CheckpointFileOptions,
): Promise<Checkpoint> {
  return withSections(path, options, async (sections) => {
    const head = await decodeHead(sections, { ...options, number: numberIn(path) })
    return decodeCollections(sections, head)
  })
}

/**
 * Reads what a checkpoint says of the database as a whole, which is at its beginning; the rest may
 * be damaged.
 *
 * @param path - named by the number of the checkpoint
 * @throws as {@link readCheckpoint}
 * @internal
 */
export async function readCheckpointHead(
  path: string,
  options: CheckpointFileOptions,
): Promise<CheckpointHead> {
  return withSections(path, options, (sections) =>
    decodeHead(sections, { ...options, number: numberIn(path) }),
  )
}

async function withSections<T>(
  path: string,
  { crc32c }: CheckpointFileOptions,
  read: (sections: SectionReader) => Promise<T>,
): Promise<T> {
  const blocks = await BlockFileReader.open(path, { number: numberIn(path), crc32c })
  try {
    return await read(new SectionReader(blocks))
  } finally {
    await blocks.close()
  }
}

function numberIn(path: string): number {
  const number = checkpointNumberOf(basename(path))
  if (number !== undefined) return number
  throw new InternalError(`${path} is no name for a checkpoint`)
}
