/** Reports as the benchmarks write them, with made-up numbers, for tests of the page. */

const ENVIRONMENT = {
  cpu: 'Test CPU',
  isa: 'avx2',
  cores: 2,
  memoryBytes: 25_000_000_000,
  node: 'v20.20.2',
  kernel: 'Linux 6.1.0',
  filesystem: 'ext4',
}

type Figures = Record<
  string,
  { value: number; unit: string; min: number; max: number; samples: number[] }
>

function report(bench: string, values: Record<string, [number, string]>, more = {}): string {
  const figures: Figures = {}
  for (const [name, [value, unit]] of Object.entries(values)) {
    const samples = [value * 0.75, value, value * 1.25]
    figures[name] = { value, unit, min: value * 0.75, max: value * 1.25, samples }
  }
  return JSON.stringify({
    bench,
    args: { rows: '1000', repeat: '3', reserve: true, json: 'out.json' },
    commit: 'a'.repeat(40),
    environment: ENVIRONMENT,
    kernels: { name: 'native', isa: 'avx2', reason: 'the best of this CPU' },
    notes: ['what the figures would be misread without'],
    figures,
    ...more,
  })
}

/** What a wave and two dips look like, 3,000 windows of them. */
function throughput(window: number): number {
  if (window % 250 === 120) return 120
  return 800 + 90 * Math.sin(window / 70)
}

const WINDOWS = Array.from({ length: 3000 }, (_, window) => window)

/** The text of a report of each kind. */
export const SAMPLE_REPORTS: Readonly<Record<string, string>> = {
  soak: report(
    'soak',
    {
      'soak.throughput': [800, 'MB/s'],
      'disk.throughput': [1400, 'MB/s'],
      'memcpy.throughput': [14_000, 'MB/s'],
      'soak.cause.gc': [6, 'windows'],
      'soak.cause.segment-sync': [6, 'windows'],
      'soak.segmentWriteP50': [2, 'ms'],
      'soak.segmentWriteP99': [9, 'ms'],
      'soak.segmentWriteP999': [31, 'ms'],
    },
    {
      details: ['cause           slow windows  least MB/s   explained'],
      series: {
        throughputPer100Ms: WINDOWS.map(throughput),
        causePer100Ms: WINDOWS.map((window) =>
          window % 250 === 120 ? 1 + (Math.floor(window / 250) % 2) : 0,
        ),
        gcMs: WINDOWS.map((window) => (window % 500 === 120 ? 60 : 0)),
      },
    },
  ),
  ingest: report(
    'ingest',
    { 'ingest.throughput': [900, 'MB/s'], 'disk.throughput': [1400, 'MB/s'] },
    { series: { throughputPer100Ms: [0, 700, 920, 950, 100] } },
  ),
  sweep: report('sweep', {
    ...Object.fromEntries(
      [256, 1024, 4096, 16_384, 65_536].map((rows) => [
        `sweep.${rows}.throughput`,
        [700 + Math.sqrt(rows), 'MB/s'],
      ]),
    ),
    'sweep.add.256.4.throughput': [90, 'MB/s'],
    'sweep.add.4096.4.throughput': [500, 'MB/s'],
    'sweep.slowestToFastest': [0.74, 'ratio'],
  }),
  matrix: report('matrix', {
    ...Object.fromEntries(
      ['float64', 'float32', 'complex128', 'bit'].flatMap((dtype, row) =>
        [128, 384, 768, 1536].flatMap((dimension, column) => [
          [`matrix.${dtype}.${dimension}.throughput`, [700 + 60 * (row + column), 'MB/s']],
          [`matrix.${dtype}.${dimension}.limitRatio`, [(row + column) / 6, 'ratio']],
        ]),
      ),
    ),
    'matrix.float32.384.string.throughput': [450, 'MB/s'],
  }),
  search: report('search', {
    ...Object.fromEntries(
      ['search.100000', 'peer.hnswlib.100000', 'peer.usearch.100000'].flatMap((who, index) =>
        ['0.90', '0.99', '0.999'].flatMap((target, step) => [
          [`${who}.${target}.recall`, [Number(target) + 0.0005, 'share']],
          [`${who}.${target}.qps`, [12_000 / (1 + index) / (1 + 2 * step), 'queries/s']],
          [`${who}.${target}.p50`, [0.05 * (1 + step), 'ms']],
          [`${who}.${target}.p99`, [0.4 * (1 + step), 'ms']],
        ]),
      ),
    ),
    'search.100000.exact.recall': [1, 'share'],
    'search.100000.exact.qps': [90, 'queries/s'],
    'memory.readThroughput': [20_000, 'MB/s'],
  }),
  kernels: report('kernels', {
    'kernel.crc32c.float32.scalar.nsPerRow': [900, 'ns'],
    'kernel.crc32c.float32.avx2.nsPerRow': [30, 'ns'],
    'memcpy.throughput': [14_000, 'MB/s'],
  }),
}
