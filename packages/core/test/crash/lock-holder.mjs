/** Opens a database, says so, and holds it until it is killed or its standard input ends. */

import { writeSync } from 'node:fs'
import { open } from '@sluice/core'
import { walOf } from './child-wal.mjs'

const { directory, wal } = JSON.parse(process.argv[2])
try {
  const database = await open({ path: directory, wal: walOf(wal) })
  writeSync(1, 'open\n')
  setInterval(() => database.stats(), 1000)
} catch (error) {
  writeSync(1, `${JSON.stringify({ code: error.code, details: error.details })}\n`)
}
