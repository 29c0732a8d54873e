/** What an error of LMDB means: lmdb-js gives plain errors, for a full disk even without a code. */

import { getSystemErrorMap } from 'node:util'
import { type SluiceError, StorageError, storageErrorFrom } from '@sluice/core'
import { freeBytesOf, isRoomFor, noSpace } from './free-space.js'

/** LMDB's own code for a full map: where it cannot be mapped anew. */
const MDB_MAP_FULL = -30792

/**
 * What was being done.
 *
 * @internal
 */
export interface FailureContext {
  readonly directory: string
  /** As in "commit to the log". */
  readonly operation: string
  /** Bytes that were to be written. */
  readonly byteLength: number
}

/**
 * Turns an error of lmdb-js into one with a stable code.
 *
 * @returns `SLUICE_NO_SPACE` for a full map or disk, else what the system's code says
 * @internal
 */
export async function failureFrom(error: unknown, context: FailureContext): Promise<SluiceError> {
  const cause = await commitCause(error)
  const { directory, operation, byteLength } = context
  if (isMapFull(cause)) {
    const message = `${operation} failed: the map of LMDB is full; open the log with more mapBytes`
    return new StorageError('SLUICE_NO_SPACE', message, {
      cause,
      details: { directory, operation },
    })
  }
  const failure = storageErrorFrom(withErrorName(cause), operation, { directory })
  if (failure.code !== 'SLUICE_IO') return failure
  const freeBytes = freeBytesOf(directory)
  if (isRoomFor(byteLength, freeBytes)) return failure
  return noSpace(operation, byteLength, { directory, freeBytes, cause })
}

/**
 * The reason of a failed commit. lmdb-js rejects a put with "Commit failed" and hangs the reason on
 * it as another promise, `commitError`, which must be awaited lest its rejection be unhandled.
 */
async function commitCause(error: unknown): Promise<unknown> {
  if (!(error instanceof Error) || !('commitError' in error)) return error
  try {
    await error.commitError
    return error
  } catch (cause) {
    return cause
  }
}

function isMapFull(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return ('code' in error && error.code === MDB_MAP_FULL) || error.message.includes('MDB_MAP_FULL')
}

/** LMDB hands on the system's error numbers; the rest of the world goes by their names. */
function withErrorName(error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'number')
    return error
  const [code] = getSystemErrorMap().get(-error.code) ?? []
  if (code === undefined) return error
  return Object.assign(new Error(error.message, { cause: error }), { code })
}
