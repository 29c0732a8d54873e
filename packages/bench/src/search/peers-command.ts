/** Benchmark `peers`: benchmark `search`, where it is the comparison that is asked for. */

import type { BenchCommand, BenchOutcome } from '../command.js'
import type { OptionTable, OptionValues } from '../options.js'
import { UsageError } from '../usage-error.js'
import { dtypeOfFile } from '../vectors/vector-file.js'
import { missingPeers, PEER_DTYPES, PEER_NAMES, PEER_ROWS_MAX, peersOption } from './peers.js'
import { SEARCH_OPTIONS, searchCommand } from './search-command.js'

const OPTIONS: OptionTable = {
  ...SEARCH_OPTIONS,
  peers: {
    value: 'names',
    fallback: PEER_NAMES.join(','),
    help: `some of ${PEER_NAMES.join(', ')}, each on one thread`,
  },
  rows: {
    value: 'n',
    help: `rows to generate (100,000 if not given), or to take of --data; at most ${PEER_ROWS_MAX}`,
  },
  dtype: { value: 'dtype', help: `what --data has, or float32; ${PEER_DTYPES.join(' or ')}` },
  'early-queries': {
    value: 'n',
    fallback: '0',
    help: 'other queries, asked of Sluice before its lists are built, at most',
  },
}

/**
 * The benchmark.
 *
 * @internal
 */
export const peersCommand: BenchCommand = {
  name: 'peers',
  summary: 'search beside usearch and hnswlib over the same rows, each at the same recall',
  options: OPTIONS,
  run: runPeers,
}

/** What `search` would leave out with a note, and all the rest measure, is refused here. */
async function runPeers(values: OptionValues, say: (line: string) => void): Promise<BenchOutcome> {
  const names = peersOption(values)
  if (names.length === 0) throw new UsageError(`--peers takes one at least; 'search' takes none`)
  const data = values.text('data')
  const dtype = values.text('dtype') ?? (data === undefined ? 'float32' : dtypeOfFile(data))
  values.with({ dtype }).choice('dtype', PEER_DTYPES)
  if (values.text('rows') !== undefined) values.integer('rows', 1, PEER_ROWS_MAX)
  const missing = await missingPeers(names)
  if (missing.size === names.length) {
    const reasons = [...missing].map(([name, reason]) => `no ${name}: ${reason}`)
    throw new UsageError(`there is no peer to be measured; ${reasons.join('; ')}`)
  }
  const isCut = data !== undefined && values.text('rows') === undefined
  const isMade = values.text('generator') !== undefined
  return searchCommand.run(
    isCut && !isMade ? values.with({ rows: `${PEER_ROWS_MAX}` }) : values,
    say,
  )
}
