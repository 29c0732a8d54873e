/**
 * A dictionary searched by meaning, written by a process that is killed and read by another one.
 * The killed process is `quickstart/first-life.ts`: start reading there.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { open } from '@sluice/core'
import { lmdbWal } from '@sluice/wal-lmdb'
import { printAnswers } from './quickstart/answers.js'
import {
  COLLECTION,
  type Dictionary,
  loadQuestions,
  type Meaning,
  PETRICHOR,
} from './quickstart/dictionary.js'
import type { Acknowledged } from './quickstart/messages.js'
import { bold, count, dim, green, print, printFact, printHeading } from './quickstart/terminal.js'

const FIRST_LIFE = fileURLToPath(new URL('quickstart/first-life.js', import.meta.url))
/** Acknowledged writes after which the first life ends. */
const WRITES_BEFORE_KILL = 100

/** Lets the first life write, and ends it in the middle of that; resolves with the ids written. */
async function killWhileWriting(directory: string): Promise<string[]> {
  const child = fork(FIRST_LIFE, [directory])
  const acknowledgedIds: string[] = []
  child.on('message', ({ acknowledgedId }: Acknowledged) => {
    acknowledgedIds.push(acknowledgedId)
    if (acknowledgedIds.length === WRITES_BEFORE_KILL) child.kill('SIGKILL')
  })
  const [exitCode, signal] = await once(child, 'exit')
  if (signal !== 'SIGKILL') throw new Error(`the first life ended by itself, with ${exitCode}`)
  printFact('killed', `with SIGKILL, after ${count(acknowledgedIds.length)} acknowledged writes`)
  return acknowledgedIds
}

/** Opens what the killed process left, and looks for everything it was promised. */
async function liveAgain(directory: string, acknowledgedIds: readonly string[]): Promise<void> {
  const questions = await loadQuestions()
  printHeading(4, 'Open again')
  const startedAt = performance.now()
  await using db = await open({ path: directory, wal: lmdbWal() })
  const dictionary = await db.collection<Meaning, string, 'float16'>(COLLECTION)
  const milliseconds = performance.now() - startedAt
  const lost = await countLost(dictionary, acknowledgedIds)
  printFact('reopened', `in ${count(milliseconds)} ms, ${count(await dictionary.count())} rows`)
  printFact('lost', lost === 0 ? green('nothing that was acknowledged') : `${count(lost)} writes`)
  print()
  await printAnswers(dictionary, questions, PETRICHOR.metadata.definition)
  if (lost > 0) process.exitCode = 1
}

/** Writes that are not there, although they were acknowledged. */
async function countLost(dictionary: Dictionary, ids: readonly string[]): Promise<number> {
  const rows = await dictionary.get(ids)
  const isThere = rows.map((row) => row?.id === PETRICHOR.id || row?.metadata?.isEdited === true)
  return isThere.filter((there) => !there).length
}

const directory = await mkdtemp(join(tmpdir(), 'sluice-quickstart-'))
try {
  print(`\n ${bold('Sluice')}  a dictionary searched by meaning\n ${dim('─'.repeat(78))}`)
  const acknowledgedIds = await killWhileWriting(directory)
  await liveAgain(directory, acknowledgedIds)
  print(`\n ${dim('─'.repeat(78))}\n Next: README.md, examples/README.md\n`)
} finally {
  await rm(directory, { recursive: true })
}
