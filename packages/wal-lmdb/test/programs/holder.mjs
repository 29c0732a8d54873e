/**
 * Reads a log and never ends reading: keeps LMDB from using pages again until it is killed, and
 * leaves its slot in the table of readers.
 *
 *     node holder.mjs <directory>
 */

import { writeSync } from 'node:fs'
import { openEnvironment } from '../../dist/environment.js'

const database = openEnvironment(process.argv[2], { mapBytes: 2 ** 30, readOnly: true })
const transaction = database.useReadTransaction()
writeSync(1, 'reading\n')
setInterval(() => transaction.use(), 1000)
