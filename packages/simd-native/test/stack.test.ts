/** Kernels where JavaScript left them next to no stack, as deep recursion in a worker does. */

import { describe, expect, it } from 'vitest'
import { runChild } from '../../core/test/crash/child-process.js'
import { nativeStatus } from '../src/index.js'

const SCRIPT = new URL('deep-child.mjs', import.meta.url).href

describe.skipIf(!nativeStatus().available)('native kernels at the end of the stack', () => {
  it('need less of it than a worker has left', async () => {
    const { code, signal, lines } = await runChild({ script: SCRIPT, work: {} })
    expect({ code, signal, lines }).toEqual({ code: 0, signal: null, lines: ['survived'] })
  })
})
