/**
 * A writer of long rows that makes checkpoints, and is to be killed. Takes its work as JSON in the
 * first argument and tells its parent of every submission and acknowledgement on standard output,
 * each before anything else happens.
 */

import { writeSync } from 'node:fs'
import { open } from '@sluice/core'
import { createReach, failpointWal } from './child-wal.mjs'
import { armFault, installFileFaults, operationsDone } from './file-faults.mjs'
import { LONG_SCHEMA, submitLong } from './long-rows.mjs'

const { directory, wal, steps, checkpoint, fault, failpoint, isFaultAtOpening, isTracing } =
  JSON.parse(process.argv[2])
const reach = createReach(failpoint)

function tell(line) {
  writeSync(1, `${line}\n`)
}

async function openCollections(database) {
  const collections = {}
  for (const idKind of ['u64', 'string', 'assigned']) {
    collections[idKind] = await database.collection(idKind, LONG_SCHEMA)
  }
  return collections
}

function start(database, collections, step) {
  tell(`submit ${step.number}`)
  if (step.kind === 'checkpoint') return database.checkpoint()
  return submitLong(collections[step.idKind], step)
}

await installFileFaults()
armFault(isFaultAtOpening ? fault : undefined)
tell('opening')
const database = await open({
  path: directory,
  wal: failpointWal(wal, reach, { logFileBytes: 64 * 1024 }),
  checkpoint,
})
database.on('warning', ({ message, details }) => tell(`warning ${message} ${details?.error}`))
const collections = await openCollections(database)
tell('ready')
if (!isFaultAtOpening) armFault(fault)
const inFlight = new Set()
for (const step of steps) {
  while (inFlight.size >= step.inFlightMax) await Promise.race(inFlight)
  const call = start(database, collections, step).then((result) => {
    inFlight.delete(call)
    tell(`acknowledge ${step.number}`)
    if (step.idKind === 'assigned' && step.kind === 'add') tell(`first ${result.firstId}`)
    reach('acknowledge')
  })
  inFlight.add(call)
}
await Promise.all(inFlight)
tell('closing')
await database.close()
tell('closed')
if (isTracing) for (const line of operationsDone()) tell(`did ${line}`)
