/** The sample in `examples/data`: entries of a dictionary, questions, and embeddings of both. */
import { readFile } from 'node:fs/promises'
import type { Batch, Collection, Hit } from '@sluice/core'

/** What the sample must be stored as: its embeddings are 384 float16 each, compared by cosine. */
export const SCHEMA = { dimension: 384, dtype: 'float16', metric: 'cosine' } as const
/** Name of the collection. */
export const COLLECTION = 'dictionary'

/** What is known of an entry beside its embedding. */
export interface Meaning {
  readonly words: readonly string[]
  /** Part of speech. */
  readonly pos: string
  readonly definition: string
  /** Whether it was written again. */
  readonly isEdited?: boolean
}

/** The collection: whoever opens it says what metadata and ids are; vectors have the dtype. */
export type Dictionary = Collection<Meaning, string, 'float16'>

/** Texts with one embedding each. */
export interface Embedded<Text> {
  readonly texts: readonly Text[]
  /** Bit patterns of float16 numbers, `SCHEMA.dimension` for each text. */
  readonly vectors: Uint16Array
}

/** An entry: words that share one meaning. */
export interface Entry {
  readonly id: string
  readonly metadata: Meaning
}

/** An entry that WordNet lacks. A question of the sample is its definition, and its embedding. */
export const PETRICHOR: Entry = {
  id: 'petrichor',
  metadata: { words: ['petrichor'], pos: 'noun', definition: 'the smell of rain on dry ground' },
}

/** Loads the 5,000 entries. */
export async function loadEntries(): Promise<Embedded<Entry>> {
  const lines = await loadLines('synsets.jsonl')
  const texts = lines.map((line) => {
    const [id, pos, words, definition] = JSON.parse(line) as [string, string, string[], string]
    return { id, metadata: { words, pos, definition } }
  })
  return { texts, vectors: await loadVectors('synsets.f16') }
}

/** Loads the 48 questions. */
export async function loadQuestions(): Promise<Embedded<string>> {
  return { texts: await loadLines('queries.txt'), vectors: await loadVectors('queries.f16') }
}

/** The embedding of one text. */
export function vectorOf(embedded: Embedded<unknown>, index: number): Uint16Array {
  const { dimension } = SCHEMA
  return embedded.vectors.subarray(index * dimension, (index + 1) * dimension)
}

/** The embedding of a question. */
export function vectorOfQuestion(questions: Embedded<string>, text: string): Uint16Array {
  const index = questions.texts.indexOf(text)
  if (index < 0) throw new Error(`not in the sample: ${text}`)
  return vectorOf(questions, index)
}

/** The entries in batches, as they might come from a file or a network. */
export function* batchesOf(
  { texts, vectors }: Embedded<Entry>,
  rows: number,
): Generator<Batch<Meaning, string, 'float16'>> {
  const { dimension } = SCHEMA
  for (let from = 0; from < texts.length; from += rows) {
    const entries = texts.slice(from, from + rows)
    yield {
      ids: entries.map(({ id }) => id),
      vectors: vectors.subarray(from * dimension, (from + rows) * dimension),
      metadata: entries.map(({ metadata }) => metadata),
    }
  }
}

/** The entry that a hit has found. */
export function entryOf({ id, metadata }: Hit<Meaning, string>): Entry {
  if (metadata === undefined) throw new Error(`an entry without a meaning: ${id}`)
  return { id, metadata }
}

async function loadVectors(name: string): Promise<Uint16Array> {
  const { buffer, byteOffset, byteLength } = await readFile(dataFile(name))
  return new Uint16Array(buffer, byteOffset, byteLength / Uint16Array.BYTES_PER_ELEMENT)
}

async function loadLines(name: string): Promise<string[]> {
  return (await readFile(dataFile(name), 'utf8')).trimEnd().split('\n')
}

/** This module runs as `examples/dist/quickstart/dictionary.js`. */
function dataFile(name: string): URL {
  return new URL(`../../data/${name}`, import.meta.url)
}
