/**
 * A writer of a capped collection that is to be killed. Takes its work as JSON in the first
 * argument and tells its parent of every acknowledgement on standard output. Rows are added one
 * batch after the other; every element of a vector is the id of its row.
 */

import { writeSync } from 'node:fs'
import { open } from '@sluice/core'
import { createReach, failpointWal } from './child-wal.mjs'
import { armFault, installFileFaults } from './file-faults.mjs'

const { directory, wal, schema, batches, checkpoint, fault, failpoint } = JSON.parse(
  process.argv[2],
)
const reach = createReach(failpoint)

function tell(line) {
  writeSync(1, `${line}\n`)
}

await installFileFaults()
const database = await open({
  path: directory,
  wal: failpointWal(wal, reach, { logFileBytes: 64 * 1024 }),
  checkpoint,
})
const docs = await database.collection('docs', schema)
armFault(fault)
let { firstId } = batches
let count = 0
for (const rows of batches.sizes) {
  const vectors = Array.from({ length: rows }, (_, i) =>
    new Float32Array(schema.dimension).fill(firstId + count + i),
  )
  const added = await docs.add({ vectors })
  if (count === 0) firstId = Number(added.firstId)
  count += rows
  tell(`acknowledge ${firstId + count - 1}`)
  reach('acknowledge')
}
await database.close()
tell('closed')
