/**
 * A writer that is to be killed. Takes its work as JSON in the first argument and tells its parent
 * of every submission and acknowledgement on standard output, each before anything else happens.
 */

import { writeSync } from 'node:fs'
import { open } from '@sluice/core'
import { createReach, failpointWal } from './child-wal.mjs'
import { batchOf, idOf, keysOf, SCHEMA } from './rows.mjs'

const { directory, wal, idKind, operations, failpoint, isEager } = JSON.parse(process.argv[2])
const reach = createReach(failpoint)

function tell(line) {
  writeSync(1, `${line}\n`)
}

function start(docs, operation) {
  const { number, kind, durability } = operation
  const keys = keysOf(operation)
  tell(`submit ${number}`)
  if (kind === 'delete') {
    return docs.delete({ ids: keys.map((key) => idOf(idKind, key)) }, { durability })
  }
  return docs.upsert(batchOf(idKind, number, keys), { durability })
}

tell('opening')
const database = await open({ path: directory, wal: failpointWal(wal, reach, { isEager }) })
const docs = await database.collection('docs', SCHEMA)
tell('ready')
const inFlight = new Set()
for (const operation of operations) {
  while (inFlight.size >= operation.inFlightMax) await Promise.race(inFlight)
  const call = start(docs, operation).then(() => {
    inFlight.delete(call)
    tell(`acknowledge ${operation.number}`)
    reach('acknowledge')
  })
  inFlight.add(call)
}
await Promise.all(inFlight)
tell('closing')
await database.close()
tell('closed')
