/**
 * Small files that are one line of JSON with a checksum of its own: `format`, the fields of the
 * file, and `crc32c` over the JSON text of the object without that field.
 */

import { readFile } from 'node:fs/promises'
import { replaceFile } from './durable-file.js'
import { CorruptionError, storageErrorFrom } from './errors.js'
import { ifThere } from './if-there.js'

/**
 * What one kind of checked file has in common.
 *
 * @internal
 */
export interface CheckedJsonOptions {
  /** The format that is written, and the only one that is read. */
  readonly format: number
  readonly crc32c: (bytes: Uint8Array) => number
}

/**
 * Reads a checked file.
 *
 * @returns its fields, `format` among them; undefined when there is no such file
 * @throws CorruptionError `SLUICE_UNSUPPORTED_FORMAT` for a later format, `SLUICE_CORRUPT`;
 * StorageError
 * @internal
 */
export async function readCheckedJson(
  path: string,
  options: CheckedJsonOptions,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  const text = await readIfThere(path)
  return text === undefined ? undefined : parse(path, text, options)
}

/**
 * Writes a checked file, replacing the one that is there atomically.
 *
 * @param fields - plain JSON values, in the order in which they are to appear
 * @throws errors of the file system, as they come
 * @internal
 */
export async function writeCheckedJson(
  path: string,
  fields: Readonly<Record<string, unknown>>,
  options: CheckedJsonOptions,
): Promise<void> {
  const body = { format: options.format, ...fields }
  const content = { ...body, crc32c: checksum(body, options) }
  await replaceFile(path, `${JSON.stringify(content)}\n`)
}

/**
 * The error for a file whose content cannot be right.
 *
 * @internal
 */
export function damagedFile(file: string, cause?: unknown): CorruptionError {
  return new CorruptionError('SLUICE_CORRUPT', `${file} is damaged`, {
    details: { file, offset: 0 },
    cause,
  })
}

function parse(
  path: string,
  text: string,
  options: CheckedJsonOptions,
): Readonly<Record<string, unknown>> {
  const { crc32c: expected, ...body } = parseObject(path, text)
  const format = body['format']
  if (typeof format === 'number' && format > options.format) {
    throw new CorruptionError(
      'SLUICE_UNSUPPORTED_FORMAT',
      `${path} has format ${format}; this version reads up to ${options.format}`,
      { details: { file: path, format } },
    )
  }
  if (expected !== checksum(body, options) || format !== options.format) throw damagedFile(path)
  return body
}

function parseObject(path: string, text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null) return { ...value }
  } catch (cause) {
    throw damagedFile(path, cause)
  }
  throw damagedFile(path)
}

function checksum(body: object, { crc32c }: CheckedJsonOptions): string {
  return crc32c(new TextEncoder().encode(JSON.stringify(body)))
    .toString(16)
    .padStart(8, '0')
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await ifThere(() => readFile(path, 'utf8'))
  } catch (error) {
    throw storageErrorFrom(error, `read ${path}`, { file: path })
  }
}
