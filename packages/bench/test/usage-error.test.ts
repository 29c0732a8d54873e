import { describe, expect, it } from 'vitest'
import { runCli } from '../src/run-cli.js'

describe('a wrong command line', () => {
  it.each([
    [['nothing'], "no benchmark 'nothing', only ingest, "],
    [['nothing'], ', soak, and report'],
    [['report', 'a.json'], 'report takes --html <file>'],
    [['report', '--html', 'a.html'], 'report takes at least one file'],
    [['report', 'no-such.json', '--html', 'a.html'], "cannot read 'no-such.json'"],
    [['ingest', '--no-such'], '--no-such'],
    [['ingest', '--json', '/no-such/x.json'], "--json takes a file that can be written, got '/no"],
    [['kernels', '--html', '/no-such/x.html'], '--html takes a file that can be written'],
    [['soak', '--html', '.'], "got '.': it is a folder"],
    [['report', 'no-such.json', '--html', '/no-such/a.html'], 'a file that can be written'],
    [['ingest', '--workers', 'many'], '--workers'],
    [['ingest', '--rows', '-5'], '--rows'],
    [['ingest', '--rows', 'abc'], '--rows takes an integer'],
    [['ingest', '--rows', '1.0005k'], '--rows takes an integer'],
    [['ingest', '--data', 'no-such.f32'], "'no-such.f32' cannot be read"],
    [['ingest', '--data', 'rows.npy'], "'rows.npy' is neither .f32 nor .f16"],
    [['ingest', '--dtype', 'float8'], '--dtype takes one of float64, float32'],
    [['ingest', '--durability', 'tape'], '--durability'],
    [['add', '--writers', '0'], '--writers'],
    [['write-path', '--bytes', 'many'], '--bytes'],
    [['kernels', '--kernels', 'none'], '--kernels takes one of crc32c'],
    [['search', '--data', 'rows.npy'], "'rows.npy' is neither .f32 nor .f16"],
    [['open', '--wal', 'memory'], '--wal takes one of lmdb, file'],
    [['open', '--log-bytes-max', '0'], '--log-bytes-max'],
    [['churn', '--upsert', '2'], '--upsert'],
    [['churn', '--upsert', '0.5', '--ids', 'assigned'], '--upsert takes 0'],
    [['churn', '--rows', '3000000', '--batches', '2'], '--batches takes at least 3'],
  ])('is refused with status 2, before anything else: %j', async (argv, message) => {
    let [out, err] = ['', '']
    const status = await runCli(argv, {
      out: (text) => {
        out += text
      },
      err: (text) => {
        err += text
      },
    })
    expect({ status, out }).toEqual({ status: 2, out: '' })
    // Before anything was begun, so that nothing else was said.
    expect(err.split('\n')[0]).toContain(message)
    expect(err).not.toContain('    at ')
    const name = argv[0] === 'nothing' ? '' : `${argv[0]} `
    expect(err).toContain(`\nTry 'sluice-bench ${name}--help'.\n`)
  })
})
