/**
 * The file that says what a directory is: `sluice.json`, one line of JSON with a checksum of its
 * own. It is written once, before anything else, and names the format version, the identity of the
 * database and the WAL backend.
 */

import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { replaceFile } from '../durable-file.js'
import {
  CorruptionError,
  hasCode,
  InvalidArgumentError,
  StateError,
  storageErrorFrom,
} from '../errors.js'
import { crc32c } from '../kernels/scalar/crc32c.js'
import { randomIdentity } from '../random.js'

const FORMAT_FILE = 'sluice.json'
const FORMAT_VERSION = 1

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
  const text = await readIfThere(path)
  if (text === undefined) return createFormat(directory, wal, readOnly)
  const info = parseFormat(path, text)
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
  const body = { format: FORMAT_VERSION, databaseId: toHex(databaseId), wal }
  const content = `${JSON.stringify({ ...body, crc32c: checksum(body) })}\n`
  try {
    await replaceFile(join(directory, FORMAT_FILE), content)
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

function parseFormat(path: string, text: string): FormatInfo {
  const { crc32c: expected, ...body } = parseObject(path, text)
  const { format, databaseId, wal } = body
  if (typeof format === 'number' && format > FORMAT_VERSION) {
    throw new CorruptionError(
      'SLUICE_UNSUPPORTED_FORMAT',
      `${path} has format ${format}; this version reads up to ${FORMAT_VERSION}`,
      { details: { file: path, format } },
    )
  }
  const isWhole = expected === checksum(body) && format === FORMAT_VERSION
  if (!isWhole || typeof wal !== 'string' || !/^[0-9a-f]{32}$/.test(String(databaseId))) {
    throw damaged(path)
  }
  return { databaseId: new Uint8Array(Buffer.from(String(databaseId), 'hex')), wal }
}

function parseObject(path: string, text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null) return { ...value }
  } catch (cause) {
    throw damaged(path, cause)
  }
  throw damaged(path)
}

function damaged(file: string, cause?: unknown): CorruptionError {
  return new CorruptionError('SLUICE_CORRUPT', `${file} is damaged`, {
    details: { file, offset: 0 },
    cause,
  })
}

function checksum(body: object): string {
  return crc32c(new TextEncoder().encode(JSON.stringify(body)))
    .toString(16)
    .padStart(8, '0')
}

function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    throw storageErrorFrom(error, `read ${path}`, { file: path })
  }
}
