/**
 * Writers under a limit of the system. They tell of each acknowledgement before anything else
 * happens, and at the end, as a line of JSON, of the errors and of what is still visible then; with
 * `opening`, whether giving descriptors back helps.
 */

import { closeSync, openSync, writeSync } from 'node:fs'
import { open } from '@sluice/core'
import { walOf } from './child-wal.mjs'
import { batchOf, SCHEMA } from './rows.mjs'

const { directory, wal, keyCount, mode } = JSON.parse(process.argv[2])
const ROWS_MAX = 4096
const WRITERS = 4

function describe(error) {
  return { code: error.code, errno: error.details?.errno, retryable: error.retryable }
}

async function write(docs, number) {
  const keys = Array.from({ length: keyCount }, (_, i) => (number * keyCount + i) % ROWS_MAX)
  await docs.upsert(batchOf('u64', number, keys))
}

function takeAllDescriptors() {
  const taken = []
  try {
    for (;;) taken.push(openSync('/dev/null'))
  } catch {
    return taken
  }
}

async function openDocs() {
  const database = await open({ path: directory, wal: walOf(wal) })
  return { database, docs: await database.collection('docs', SCHEMA) }
}

async function writeUntilItFails() {
  const { database, docs } = await openDocs()
  const poisonings = []
  database.on('poisoned', (error) => poisonings.push(describe(error)))
  const taken = mode === 'descriptors' ? takeAllDescriptors() : []
  const errors = []
  let next = 0
  const writer = async () => {
    while ((next + 1) * keyCount <= ROWS_MAX) {
      const number = next++
      const error = await write(docs, number).then(() => undefined, describe)
      if (error) return errors.push(error)
      writeSync(1, `acknowledge ${number}\n`)
    }
  }
  await Promise.all(Array.from({ length: WRITERS }, writer))
  const later = await write(docs, next).then(() => undefined, describe)
  for (const descriptor of taken) closeSync(descriptor)
  const visible = []
  for await (const row of docs.iterate()) visible.push(row.metadata.operation)
  await database.close()
  return { errors, later, poisonings, visible: [...new Set(visible)] }
}

async function openWithoutDescriptors() {
  const { database } = await openDocs()
  await database.close()
  const taken = takeAllDescriptors()
  const refusal = await openDocs().then(
    () => undefined,
    (error) => describe(error),
  )
  for (const descriptor of taken) closeSync(descriptor)
  const again = await openDocs()
  await write(again.docs, 0)
  const visible = await again.docs.count()
  await again.database.close()
  return { refusal, visible }
}

const result = mode === 'opening' ? await openWithoutDescriptors() : await writeUntilItFails()
writeSync(1, `${JSON.stringify(result)}\n`)
