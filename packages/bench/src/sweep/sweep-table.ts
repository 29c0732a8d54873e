/** The figures of a sweep as a table: batch sizes downwards, ways of writing them across. */

import type { Figures } from '../figures.js'
import { formatNumber } from '../report-text.js'
import { textTable } from '../text-table.js'
import { type SweepRun, sweepRunName } from './sweep-run.js'

const BAR_COLUMNS = 24

/**
 * A line per batch size, with a bar for `ingest`; what was not measured is left empty.
 *
 * @internal
 */
export function sweepTable(figures: Figures, runs: readonly SweepRun[]): string {
  const throughputOf = (run: SweepRun): number | undefined =>
    figures.get(`${sweepRunName(run)}.throughput`)?.value
  const batches = [...new Set(runs.map(({ batchRows }) => batchRows))]
  const columns = [...new Set(runs.map(({ inFlight }) => inFlight))]
  const ingests = batches.map((batchRows) => throughputOf({ batchRows, inFlight: undefined }) ?? 0)
  const fastest = Math.max(...ingests)
  return textTable([
    ['MB/s, batch rows', ...columns.map(columnTitle), ''],
    ...batches.map((batchRows, index) => [
      formatNumber(batchRows),
      ...columns.map((inFlight) => {
        const throughput = throughputOf({ batchRows, inFlight })
        return throughput === undefined ? '' : formatNumber(throughput)
      }),
      bar((ingests[index] ?? 0) / fastest),
    ]),
  ])
}

function columnTitle(inFlight: number | undefined): string {
  return inFlight === undefined ? 'ingest' : `${inFlight} add${inFlight === 1 ? '' : 's'}`
}

function bar(share: number): string {
  return '#'.repeat(Math.round(share * BAR_COLUMNS)).padEnd(BAR_COLUMNS)
}
