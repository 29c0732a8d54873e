/** What a sweep measures: batches of some size, through `ingest` or so many `add` at a time. */

/**
 * One kind of run.
 *
 * @internal
 */
export interface SweepRun {
  readonly batchRows: number
  /** Calls of `add` at a time; undefined for one `ingest`. */
  readonly inFlight: number | undefined
}

/**
 * What is combined with what.
 *
 * @internal
 */
export interface SweepAxes {
  readonly batches: readonly number[]
  readonly inFlight: readonly number[]
  /** Rows of a run. */
  readonly rowCount: number
}

/**
 * All sizes through `ingest`, then through `add`; without those of which fewer batches are written
 * than would be in flight.
 *
 * @internal
 */
export function sweepRuns({ batches, inFlight, rowCount }: SweepAxes): readonly SweepRun[] {
  const adds = inFlight.flatMap((calls) =>
    batches.map((batchRows) => ({ batchRows, inFlight: calls })),
  )
  return [
    ...batches.map((batchRows) => ({ batchRows, inFlight: undefined })),
    ...adds.filter((run) => run.batchRows * run.inFlight <= rowCount),
  ]
}

/**
 * What its figures begin with: `sweep.<batchRows>`, or `sweep.add.<batchRows>.<inFlight>`.
 *
 * @internal
 */
export function sweepRunName({ batchRows, inFlight }: SweepRun): string {
  return inFlight === undefined ? `sweep.${batchRows}` : `sweep.add.${batchRows}.${inFlight}`
}

/**
 * What it is called in a sentence.
 *
 * @internal
 */
export function sweepRunLabel({ batchRows, inFlight }: SweepRun): string {
  const batches = `batches of ${batchRows.toLocaleString('en-US')} rows`
  return inFlight === undefined ? batches : `${batches}, ${inFlight} in flight`
}
