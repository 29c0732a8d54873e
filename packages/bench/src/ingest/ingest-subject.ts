/**
 * What `ingest` loads: generated rows, or those of a file, which come around again where more rows
 * are asked for than it has.
 */

import { DTYPES, strideOf } from '@sluice/core'
import { shapeOptions } from '../common-options.js'
import type { OptionTable, OptionValues } from '../options.js'
import { UsageError } from '../usage-error.js'
import { dtypeOfFile, readVectorFile } from '../vectors/vector-file.js'
import { type GivenVectors, Workload, type WorkloadShape } from '../vectors/workload.js'

const ROWS_DEFAULT = 1_000_000
const QUERIES_MAX = 100_000
const PREPARING = 'preparing rows and the true neighbours of the queries'

/**
 * The options of {@link loadIngestSubject}, over those of the shape.
 *
 * @internal
 */
export const INGEST_SUBJECT_OPTIONS: OptionTable = {
  rows: { value: 'n', help: 'rows to load (1M if not given, or all of --data)' },
  dtype: { value: 'dtype', help: `what --data has, or float32; one of ${DTYPES.join(', ')}` },
  data: {
    value: 'file',
    help: 'rows: packed vectors, .f32 or .f16; they come around again where --rows is more',
  },
  queries: {
    value: 'n',
    fallback: '100',
    help: 'queries for the recall; of --data the last vectors, which are not loaded then',
  },
}

/**
 * What is loaded, and a sentence on where it came from.
 *
 * @internal
 */
export interface IngestSubject {
  readonly workload: Workload
  readonly note: string
}

/**
 * Reads or generates rows and queries.
 *
 * @param distinct - whether no row may be like another
 * @param say - takes a line on progress, once no option is refused any more
 * @throws UsageError for options that do not go together, and a file that does not fit
 * @internal
 */
export async function loadIngestSubject(
  values: OptionValues,
  distinct: boolean,
  say: (line: string) => void,
): Promise<IngestSubject> {
  const queryCount = values.integer('queries', 1, QUERIES_MAX)
  const data = values.text('data')
  if (data !== undefined) return fromFile(values, { data, queryCount, distinct, say })
  const rows = values.text('rows') ?? `${ROWS_DEFAULT}`
  const shape = shapeOptions(values.with({ rows, dtype: values.text('dtype') ?? 'float32' }))
  say(PREPARING)
  const workload = new Workload(shape, queryCount, distinct ? Number.POSITIVE_INFINITY : undefined)
  const { ringRows } = workload
  const note = ringRows < shape.rowCount ? `generated rows, which recur after ${ringRows}` : ''
  return { workload, note: note || 'generated rows' }
}

/** What is asked of a file. */
interface FileRows {
  readonly data: string
  readonly queryCount: number
  readonly distinct: boolean
  readonly say: (line: string) => void
}

async function fromFile(
  values: OptionValues,
  { data, queryCount, distinct, say }: FileRows,
): Promise<IngestSubject> {
  const dtype = values.text('dtype') ?? dtypeOfFile(data)
  // The number of rows is known once the file is read.
  const wanted = shapeOptions(values.with({ dtype, rows: values.text('rows') ?? '1' }))
  const stride = strideOf(wanted.dtype, wanted.dimension)
  const all = await readVectorFile(data, wanted.dtype, wanted.dimension, Number.MAX_SAFE_INTEGER)
  const fileRows = all.byteLength / stride - queryCount
  if (fileRows < 1) {
    throw new UsageError(
      `--data has ${all.byteLength / stride} vectors: its last ${queryCount} (--queries) are the ` +
        'queries, and no rows are left',
    )
  }
  const rowCount = values.text('rows') === undefined ? fileRows : wanted.rowCount
  if (distinct && rowCount > fileRows) {
    throw new UsageError(
      `--optimize takes at most the ${fileRows} rows of --data: lists of copies tell nothing. ` +
        "'search --generator real-like' makes more rows like them",
    )
  }
  say(PREPARING)
  const shape = { ...wanted, rowCount }
  const vectors = around(all, shape, fileRows * stride)
  const times = (rowCount / fileRows).toFixed(1)
  const often = rowCount > fileRows ? `, ${times} times over: the recall is that of copies` : ''
  const note = `rows: ${Math.min(rowCount, fileRows)} of ${data}${often}; queries: its last vectors`
  return { workload: new Workload(shape, vectors), note }
}

/** Rows as batches take them: one that goes round the end goes on with copies of the first rows. */
function around(all: Uint8Array, shape: WorkloadShape, byteLength: number): GivenVectors {
  const queries = all.slice(byteLength)
  const stride = strideOf(shape.dtype, shape.dimension)
  const ringRows = byteLength / stride
  if (shape.rowCount <= ringRows) return { rows: all.subarray(0, byteLength), queries }
  const rows = new Uint8Array(byteLength + (shape.batchRows - 1) * stride)
  for (let at = 0; at < rows.byteLength; at += byteLength) {
    rows.set(all.subarray(0, Math.min(byteLength, rows.byteLength - at)), at)
  }
  return { rows, queries, ringRows }
}
