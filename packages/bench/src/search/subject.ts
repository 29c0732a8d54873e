/** What is searched for in what: rows and queries, read from files or generated. */

import { setImmediate } from 'node:timers/promises'
import { DTYPES, type Dtype, LIMITS, strideOf } from '@sluice/core'
import type { OptionValues } from '../options.js'
import { UsageError } from '../usage-error.js'
import {
  DISTRIBUTIONS,
  SEEDED_GENERATORS,
  type SeededGenerator,
} from '../vectors/distributions/generators.js'
import { RealLike } from '../vectors/distributions/real-like.js'
import { RowGenerator } from '../vectors/generate.js'
import { dtypeOfFile, readVectorFile } from '../vectors/vector-file.js'
import { type GivenVectors, Workload } from '../vectors/workload.js'
import { readNeighbours } from './exact-neighbours.js'
import { type QueryCounts, splitQueries } from './split-queries.js'

const QUERIES_MAX = 100_000
const ROWS_DEFAULT = 100_000
const BATCH_ROWS = 65_536

/**
 * All generators by name: the last one makes rows like those of a file.
 *
 * @internal
 */
export const GENERATORS: readonly (SeededGenerator | 'real-like')[] = [
  ...SEEDED_GENERATORS,
  'real-like',
]

/** What rows like those of a file can be made in. */
const REAL_LIKE_DTYPES = ['float32', 'float16'] as const

/** What the options ask for. */
interface Wish extends QueryCounts {
  readonly values: OptionValues
  readonly dimension: number
  readonly seed: number
  /** Undefined where all rows of a file are meant. */
  readonly rowCount: number | undefined
  readonly say: (line: string) => void
}

/** Vectors as found, and a sentence on where the queries came from. */
interface Found extends GivenVectors {
  readonly dtype: Dtype
  readonly queriesNote: string
}

/**
 * Rows, and two sets of queries that have none in common.
 *
 * @internal
 */
export interface Subject {
  /** With the queries that are asked once the lists are built, and not before. */
  readonly main: Workload
  /** With those that are asked before; undefined where there are none. */
  readonly early: Workload | undefined
  /** Neighbours of the queries of each, where a file has them. */
  readonly neighbours:
    | { readonly main: readonly number[][]; readonly early: readonly number[][] }
    | undefined
  readonly queriesNote: string
}

/**
 * Reads or generates what the options ask for.
 *
 * @throws UsageError for options that do not go together, and files that do not fit
 * @internal
 */
export async function loadSubject(
  values: OptionValues,
  k: number,
  say: (line: string) => void,
): Promise<Subject> {
  const wish: Wish = {
    values,
    say,
    dimension: values.integer('dim', 1, LIMITS.dimensionMax),
    seed: values.integer('seed', 0, 0xffff_ffff),
    mainMax: values.integer('query-count', 1, QUERIES_MAX),
    earlyMax: values.integer('early-queries', 0, QUERIES_MAX),
    rowCount:
      values.text('rows') === undefined
        ? undefined
        : values.integer('rows', 1, LIMITS.rowsPerCollectionMax),
  }
  checkTogether(values)
  const { dtype, rows, queries, queriesNote } = await findVectors(wish)
  const { dimension, seed } = wish
  const stride = strideOf(dtype, dimension)
  const rowCount = rows.byteLength / stride
  const shape = {
    dtype,
    dimension,
    rowCount,
    batchRows: BATCH_ROWS,
    ids: 'assigned',
    seed,
  } as const
  const truth = values.text('truth')
  const queryCount = queries.byteLength / stride
  const known =
    truth === undefined ? undefined : await readNeighbours({ path: truth, queryCount, rowCount, k })
  const { main, early } = splitQueries(queryCount, wish)
  const bytesOf = ([from, to]: readonly [number, number]): Uint8Array =>
    queries.slice(from * stride, to * stride)
  return {
    main: new Workload(shape, { rows, queries: bytesOf(main) }),
    early:
      early[0] === early[1] ? undefined : new Workload(shape, { rows, queries: bytesOf(early) }),
    neighbours: known && { main: known.slice(...main), early: known.slice(...early) },
    queriesNote: `queries: ${main[1] - main[0]} ${queriesNote}`,
  }
}

function checkTogether(values: OptionValues): void {
  const generator = generatorOf(values)
  const given = (name: string): boolean => values.text(name) !== undefined
  if (given('queries') && !given('data')) throw new UsageError('--queries needs --data')
  if (generator === 'real-like' && !given('data')) {
    throw new UsageError('--generator real-like needs --data: rows to make more of')
  }
  if (generator !== undefined && generator !== 'real-like' && given('data')) {
    throw new UsageError(`--generator ${generator} takes no --data`)
  }
  if (given('truth') && (!given('queries') || generator !== undefined)) {
    throw new UsageError('--truth needs --data and --queries, and no --generator')
  }
}

function generatorOf(values: OptionValues): SeededGenerator | 'real-like' | undefined {
  return values.text('generator') === undefined ? undefined : values.choice('generator', GENERATORS)
}

async function findVectors(wish: Wish): Promise<Found> {
  const { values } = wish
  const data = values.text('data')
  if (data === undefined) {
    const name = (generatorOf(values) ?? 'clustered') as SeededGenerator
    const shape = { ...wish, dtype: dtypeOption(values, 'float32') }
    const generator = new RowGenerator(shape, DISTRIBUTIONS[name])
    return { dtype: shape.dtype, ...(await generate(generator, wish, name)) }
  }
  if (generatorOf(values) === undefined) return readVectors(wish, data)
  return likeReal(wish, data)
}

async function readVectors(wish: Wish, data: string): Promise<Found> {
  const { values, dimension, rowCount: rowsMax = Number.MAX_SAFE_INTEGER, say } = wish
  const dtype = dtypeOption(values, dtypeOfFile(data))
  say(`reading ${data}`)
  const read = (file: string, countMax: number): Promise<Uint8Array> =>
    readVectorFile(file, dtype, dimension, countMax)
  const queriesFile = values.text('queries')
  if (queriesFile !== undefined) {
    const rows = await read(data, rowsMax)
    const queries = await read(queriesFile, Number.MAX_SAFE_INTEGER)
    return { dtype, rows, queries, queriesNote: `of the first vectors of ${queriesFile}` }
  }
  const all = await read(data, Number.MAX_SAFE_INTEGER)
  const stride = strideOf(dtype, dimension)
  const queryCount = wish.mainMax + wish.earlyMax
  const rowCount = Math.min(rowsMax, all.byteLength / stride - queryCount)
  if (rowCount < 1) {
    throw new UsageError(
      `--data has ${all.byteLength / stride} vectors: without --queries, its last ${queryCount} ` +
        '(--query-count and --early-queries) are the queries, and no rows are left',
    )
  }
  // Copies: usearch 2.26 takes a view for its whole buffer.
  return {
    dtype,
    rows: all.slice(0, rowCount * stride),
    queries: all.slice(all.byteLength - queryCount * stride),
    queriesNote: `of the last vectors of ${data}, which are not among the rows`,
  }
}

async function likeReal(wish: Wish, data: string): Promise<Found> {
  const { values, dimension, say } = wish
  const dtype =
    values.text('dtype') === undefined ? 'float32' : values.choice('dtype', REAL_LIKE_DTYPES)
  const float32 = async (file: string): Promise<Float32Array> =>
    new Float32Array(
      (await readVectorFile(file, 'float32', dimension, Number.MAX_SAFE_INTEGER)).buffer,
    )
  say(`reading ${data}`)
  const real = { values: await float32(data), valueCount: dimension }
  const shape = { ...wish, dtype }
  const generator = new RowGenerator(shape, ({ random }) => new RealLike(real, random))
  const made = await generate(generator, wish, 'real-like')
  const queriesFile = values.text('queries')
  if (queriesFile === undefined) return { dtype, ...made }
  const queries = await readVectorFile(queriesFile, dtype, dimension, Number.MAX_SAFE_INTEGER)
  return { dtype, rows: made.rows, queries, queriesNote: `of the first vectors of ${queriesFile}` }
}

/** Queries first, then rows: queries stay the same where there are more rows. */
async function generate(
  generator: RowGenerator,
  { rowCount = ROWS_DEFAULT, mainMax, earlyMax, say }: Wish,
  name: string,
): Promise<Omit<Found, 'dtype'>> {
  say(`generating ${rowCount} rows, ${name}`)
  const { stride } = generator
  const queries = new Uint8Array((mainMax + earlyMax) * stride)
  generator.fill(queries)
  const rows = new Uint8Array(rowCount * stride)
  for (let from = 0; from < rowCount; from += BATCH_ROWS) {
    const to = Math.min(rowCount, from + BATCH_ROWS)
    generator.fill(rows.subarray(from * stride, to * stride), { from, rowCount })
    if (to < rowCount) say(`  ${to}`)
    await setImmediate()
  }
  return { rows, queries, queriesNote: `more vectors of the generator '${name}'` }
}

function dtypeOption(values: OptionValues, fallback: Dtype): Dtype {
  return values.text('dtype') === undefined ? fallback : values.choice('dtype', DTYPES)
}
