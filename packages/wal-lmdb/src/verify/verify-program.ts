/**
 * The child process of `verify`: checks the log in the directory given, tells its parent, and ends.
 *
 *     node verify-program.js <directory> <map bytes>
 */

import { crc32c, storageErrorFrom } from '@sluice/core'
import { findProblems } from './find-problems.js'
import type { VerifyMessage } from './verify-log.js'

const [directory = '', mapBytes] = process.argv.slice(2)

// Nobody is left to hear of it.
process.once('disconnect', () => process.exit(1))
const message = await findProblems(directory, Number(mapBytes), crc32c).then(
  (problems): VerifyMessage => ({ problems }),
  (error: unknown): VerifyMessage => {
    const { code, message: reason } = storageErrorFrom(error, 'check the log', { directory })
    return { code, reason }
  },
)
process.send?.(message, () => process.exit(0))
