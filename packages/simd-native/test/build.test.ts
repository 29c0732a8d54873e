import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const SCRIPT = fileURLToPath(new URL('../build.mjs', import.meta.url))

describe('build.mjs', () => {
  it('without a compiler says in one line that scalar kernels will run, and succeeds', () => {
    const env = { ...process.env, CXX: '/no/such/compiler' }
    const { status, stderr, stdout } = spawnSync(process.execPath, [SCRIPT], {
      env,
      encoding: 'utf8',
    })
    expect(stderr.trim().split('\n')).toEqual([
      expect.stringMatching(
        /^@sluice\/simd-native: no C\+\+ compiler was found for [a-z0-9-]+; .*scalar kernels$/,
      ),
    ])
    expect(stdout).toBe('')
    expect(status).toBe(0)
  })
})
