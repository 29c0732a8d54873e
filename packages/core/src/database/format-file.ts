/**
 * The file that says what a directory is: `sluice.json`, one line of JSON with a checksum of its
 * own. It is written once, before anything else, and names the format version, the identity of the
 * database and the WAL backend.
 */

import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { damagedFile, readCheckedJson, writeCheckedJson } from '../checked-json.js'
import { InvalidArgumentError, StateError, storageErrorFrom } from '../errors.js'
import { crc32c } from '../kernels/scalar/crc32c.js'
import { randomIdentity } from '../random.js'
import { FORMAT_FILE } from './directory-names.js'

const CHECKED = { format: 1, crc32c }

/**
 * What the format file says.
 *
 * @internal
 */
export interface FormatInfo {
  /** 16 random bytes, stamped on every segment. */
  readonly databaseId: Uint8Array
  /** Name of the WAL backend. */
  readonly wal: string
}

/**
 * Reads the format file of a directory, or writes one into an empty directory.
 *
 * @throws StateError `SLUICE_NOT_FOUND` when there is none and none may be written;
 * CorruptionError; InvalidArgumentError `SLUICE_SCHEMA_MISMATCH` for another WAL backend
 * @internal
 */
export async function openFormat(
  directory: string,
  wal: string,
  readOnly: boolean,
): Promise<FormatInfo> {
  const path = join(directory, FORMAT_FILE)
  const fields = await readCheckedJson(path, CHECKED)
  if (fields === undefined) return createFormat(directory, wal, readOnly)
  const info = infoFrom(path, fields)
  if (info.wal === wal) return info
  throw new InvalidArgumentError(
    'SLUICE_SCHEMA_MISMATCH',
    `${directory} was written with the WAL backend '${info.wal}' and is opened with '${wal}'; ` +
      'pass the same one as option `wal`',
    { details: { directory, expected: info.wal, actual: wal } },
  )
}

async function createFormat(
  directory: string,
  wal: string,
  readOnly: boolean,
): Promise<FormatInfo> {
  if (readOnly) {
    throw new StateError('SLUICE_NOT_FOUND', `there is no database in ${directory}`, {
      details: { directory },
    })
  }
  await checkNothingElse(directory)
  const databaseId = randomIdentity(16)
  const fields = { databaseId: Buffer.from(databaseId).toString('hex'), wal }
  try {
    await writeCheckedJson(join(directory, FORMAT_FILE), fields, CHECKED)
  } catch (error) {
    throw storageErrorFrom(error, `create a database in ${directory}`, { directory })
  }
  return { databaseId, wal }
}

/** A directory without a format file must be empty, or it is something else, or damaged. */
async function checkNothingElse(directory: string): Promise<void> {
  const others = (await readdir(directory)).filter(
    (name) => !/^(LOCK|sluice\.json\.new)/.test(name),
  )
  if (others.length === 0) return
  throw new InvalidArgumentError(
    'SLUICE_INVALID_ARGUMENT',
    `${directory} is not empty and holds no ${FORMAT_FILE}: not a Sluice database`,
    { details: { directory, found: others.slice(0, 10) } },
  )
}

function infoFrom(path: string, fields: Readonly<Record<string, unknown>>): FormatInfo {
  const { databaseId, wal } = fields
  if (typeof wal !== 'string' || !/^[0-9a-f]{32}$/.test(String(databaseId))) {
    throw damagedFile(path)
  }
  return { databaseId: new Uint8Array(Buffer.from(String(databaseId), 'hex')), wal }
}
