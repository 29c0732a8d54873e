/**
 * `checkpoints/manifest.json`: which checkpoints are kept. A checkpoint counts from the moment the
 * manifest names it; the log is cut only after that.
 */

import {
  type CheckedJsonOptions,
  damagedFile,
  readCheckedJson,
  writeCheckedJson,
} from '../../checked-json.js'
import { InternalError, storageErrorFrom } from '../../errors.js'
import { LSN_MAX } from '../../wal/record/header.js'
import { CHECKPOINT_NUMBER_MAX } from './checkpoint-name.js'

const FORMAT = 1
/** The newest one, and one to fall back on. */
const ENTRIES_MAX = 2
const LSN_PATTERN = /^(0|[1-9]\d{0,18})$/

/**
 * A checkpoint that a manifest names.
 *
 * @internal
 */
export interface ManifestEntry {
  readonly number: number
  /** The last record it contains. */
  readonly lsn: bigint
  /** Bytes of its file. */
  readonly byteLength: number
}

/**
 * Reads a manifest.
 *
 * @returns its entries, newest first; none when there is no manifest
 * @throws CorruptionError `SLUICE_CORRUPT`, `SLUICE_UNSUPPORTED_FORMAT`; StorageError
 * @internal
 */
export async function readManifest(
  path: string,
  crc32c: CheckedJsonOptions['crc32c'],
): Promise<readonly ManifestEntry[]> {
  const fields = await readCheckedJson(path, { format: FORMAT, crc32c })
  if (fields === undefined) return []
  const entries = entriesFrom(fields['checkpoints'])
  if (entries === undefined) throw damagedFile(path)
  return entries
}

/**
 * Replaces a manifest, atomically and durably.
 *
 * @param entries - newest first, at most two
 * @throws StorageError; the manifest is then the one before or this one
 * @internal
 */
export async function writeManifest(
  path: string,
  entries: readonly ManifestEntry[],
  crc32c: CheckedJsonOptions['crc32c'],
): Promise<void> {
  const checkpoints = entries.map(({ number, lsn, byteLength }) => {
    return { number, lsn: lsn.toString(), byteLength }
  })
  if (entriesFrom(checkpoints) === undefined) {
    throw new InternalError(`a manifest would be unreadable: ${JSON.stringify(checkpoints)}`)
  }
  try {
    await writeCheckedJson(path, { checkpoints }, { format: FORMAT, crc32c })
  } catch (error) {
    throw storageErrorFrom(error, `write ${path}`, { file: path })
  }
}

/** Undefined unless every value is in its range and the order is right. */
function entriesFrom(values: unknown): readonly ManifestEntry[] | undefined {
  if (!Array.isArray(values) || values.length > ENTRIES_MAX) return undefined
  const entries: ManifestEntry[] = []
  for (const value of values as readonly unknown[]) {
    const entry = entryFrom(value)
    const newer = entries.at(-1)
    if (entry === undefined) return undefined
    if (newer && (entry.number >= newer.number || entry.lsn > newer.lsn)) return undefined
    entries.push(entry)
  }
  return entries
}

function entryFrom(value: unknown): ManifestEntry | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { number, lsn, byteLength }: Readonly<Record<string, unknown>> = { ...value }
  if (!isInteger(number, 1, CHECKPOINT_NUMBER_MAX)) return undefined
  if (!isInteger(byteLength, 0, Number.MAX_SAFE_INTEGER)) return undefined
  if (typeof lsn !== 'string' || !LSN_PATTERN.test(lsn) || BigInt(lsn) > LSN_MAX) return undefined
  return { number, lsn: BigInt(lsn), byteLength }
}

function isInteger(value: unknown, min: number, max: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max
}
