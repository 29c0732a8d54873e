/**
 * Opens damaged databases one after the other, and tells of each as a line of JSON: the error, or
 * all rows, and which of them are wrong.
 */

import { writeSync } from 'node:fs'
import { open } from '@sluice/core'
import { walOf } from './child-wal.mjs'
import { LONG_DIMENSION, longIdOf, longVectorsOf } from './long-rows.mjs'

const { paths, wal } = JSON.parse(process.argv[2])

async function read(database) {
  const rows = {}
  const wrong = []
  for (const idKind of database.listCollections()) {
    rows[idKind] = []
    const docs = await database.collection(idKind)
    for await (const { id, vector } of docs.iterate({ include: ['vector'] })) {
      const [operation, key] = vector
      const expected = longVectorsOf(operation, [key])
      const isRight = vector.length === LONG_DIMENSION && vector.every((x, i) => x === expected[i])
      if (!isRight || id !== longIdOf(idKind, key)) wrong.push(`${idKind} ${id}`)
      rows[idKind].push([key, operation])
    }
  }
  return { rows, wrong }
}

async function outcomeOf(path) {
  try {
    const database = await open({ path, wal: walOf(wal), checkpoint: false })
    const found = await read(database)
    await database.close()
    return found
  } catch (error) {
    return { error: { code: error.code, details: error.details, message: error.message } }
  }
}

for (const path of paths) {
  const outcome = JSON.stringify(await outcomeOf(path), (_, value) =>
    typeof value === 'bigint' ? String(value) : value,
  )
  writeSync(1, `${outcome}\n`)
}
