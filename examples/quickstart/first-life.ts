/**
 * The process that gets killed: fills the dictionary, answers questions, then writes on and on,
 * telling its parent of every write that was acknowledged.
 */
import { type Database, open } from '@sluice/core'
import { lmdbWal } from '@sluice/wal-lmdb'
import { printAnswers } from './answers.js'
import {
  batchesOf,
  COLLECTION,
  type Dictionary,
  type Embedded,
  type Entry,
  loadEntries,
  loadQuestions,
  type Meaning,
  PETRICHOR,
  SCHEMA,
  vectorOf,
  vectorOfQuestion,
} from './dictionary.js'
import type { Acknowledged } from './messages.js'
import { measureRawDisk, type RawDisk } from './raw-disk.js'
import { measureRecall } from './recall.js'
import { count, dim, ProgressBar, print, printFact, printHeading } from './terminal.js'

const QUESTIONS = [
  'a feeling of great happiness',
  'a small boat moved with paddles',
  'a flightless bird from Antarctica',
  'a device that measures earthquakes',
  'the line where the sky seems to meet the earth',
]
const BATCH_ROWS = 500

async function liveUntilKilled(directory: string): Promise<void> {
  const [entries, questions] = await Promise.all([loadEntries(), loadQuestions()])
  // Whatever is acknowledged is on disk: durability `disk` is the default.
  const db = await open({ path: directory, wal: lmdbWal() })
  const dictionary = await db.collection<Meaning, string, 'float16'>(COLLECTION, SCHEMA)

  printHeading(1, `Write ${count(entries.texts.length)} WordNet entries and their embeddings`)
  await fill(db, dictionary, entries)

  printHeading(2, 'Ask by meaning')
  for (const question of QUESTIONS) {
    await printAnswers(dictionary, questions, question)
    print()
  }
  const { recall, queriesPerSecond } = await measureRecall(dictionary, entries, questions)
  printFact(
    'recall@10',
    `${recall.toFixed(3)} over ${questions.texts.length} questions, against comparing everything`,
  )
  printFact('speed', `${count(queriesPerSecond)} queries/s, one after the other`)

  printHeading(3, 'Add a word that WordNet lacks, edit others, and be killed')
  const { words, definition } = PETRICHOR.metadata
  await printAnswers(dictionary, questions, definition, 1)
  await write(dictionary, PETRICHOR, vectorOfQuestion(questions, definition))
  print()
  printFact('added', `${words[0]}: ${definition}`)
  for (const [i, { id, metadata }] of entries.texts.entries()) {
    await write(dictionary, { id, metadata: { ...metadata, isEdited: true } }, vectorOf(entries, i))
  }
}

async function fill(db: Database, dictionary: Dictionary, entries: Embedded<Entry>): Promise<void> {
  const reservedAt = performance.now()
  await dictionary.reserve(entries.texts.length)
  const reserved = (performance.now() - reservedAt) / 1000
  const bar = new ProgressBar(entries.texts.length)
  const startedAt = performance.now()
  const { rows, bytes } = await dictionary.ingest(batchesOf(entries, BATCH_ROWS), {
    onProgress: ({ rows }) => bar.show(rows, `${count(rows)} rows`),
  })
  const seconds = (performance.now() - startedAt) / 1000
  const { kernels, wal, path = '.' } = db.stats()
  print()
  printFact('reserved', `files and memory in ${reserved.toFixed(2)} s`)
  printFact('on disk', `${megabytes(bytes)} MB in ${seconds.toFixed(2)} s`)
  printFact('throughput', `${megabytes(bytes / seconds)} MB/s, ${count(rows / seconds)} rows/s`)
  printRawDisk(await measureRawDisk(path))
  printFact('log', `${wal.name}, ${count(wal.syncCount)} syncs`)
  const { name, isa } = kernels
  printFact('kernels', name === isa ? name : `${name} (${isa})`)
  print(
    dim(
      `\n    ${megabytes(bytes)} MB say little about speed; this does: npx -y pnpm@12 bench ingest`,
    ),
  )
}

function printRawDisk({ bytes, bytesPerSecond, isDirect }: RawDisk): void {
  const how = isDirect ? 'past the page cache' : 'through the page cache'
  const limit = megabytes(bytesPerSecond)
  printFact('raw disk', `${limit} MB/s, ${megabytes(bytes)} MB ${how} and a sync`)
}

async function write(dictionary: Dictionary, entry: Entry, vector: Uint16Array): Promise<void> {
  const { id, metadata } = entry
  await dictionary.upsert({ ids: [id], vectors: vector, metadata: [metadata] })
  const message: Acknowledged = { acknowledgedId: id }
  process.send?.(message)
}

function megabytes(bytes: number): string {
  const value = bytes / 1e6
  return value < 10 ? value.toFixed(1) : count(value)
}

const [, , directory] = process.argv
if (directory === undefined) throw new Error('usage: first-life.js <directory>')
await liveUntilKilled(directory)
