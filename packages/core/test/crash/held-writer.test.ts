/** A write that waits for rows which nobody commits keeps its process alive. */

import { expect, it } from 'vitest'
import { runChild } from './child-process.js'

it.each([
  ['signal', ['AbortError']],
  ['warning', ['SLUICE_DUPLICATE_ID', '0 deleted, 0 left']],
])('a process that waits for itself lives to see its %s, and ends then', async (way, told) => {
  const { code, lines, stderr } = await runChild({ script: 'held-writer-child.mjs', work: { way } })
  expect({ code, lines }, stderr).toEqual({ code: 0, lines: told })
})
