/**
 * Reads a log in a process of its own, because a damaged LMDB file may kill the process. Prints how
 * many records it holds, or the code of the error.
 *
 *     node reader.mjs <directory>
 */

import { writeSync } from 'node:fs'
import { collect, walContext } from '@sluice/core/conformance'
import { lmdbWal } from '@sluice/wal-lmdb'

const [directory] = process.argv.slice(2)

async function count() {
  const log = await lmdbWal().open(walContext(directory))
  try {
    return (await collect(log)).length
  } finally {
    await log.close()
  }
}

writeSync(1, `${await count().catch((error) => error.code)}\n`)
