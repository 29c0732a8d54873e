/**
 * Every function of the addon with arguments of every kind, good and bad: it gives a result or an
 * error with a known code, ends no process, and writes to its outputs only; with an error, nowhere.
 * SLUICE_FUZZ_RUNS sets the number of calls of each function. Under a sanitizer, where reading past
 * the end ends the process, this is the test to run.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { loadAddon, type NativeFunctions } from '../src/addon.js'
import { nativeStatus } from '../src/index.js'
import { Arena, isArray } from './fuzz/arena.js'
import { CODE_TARGETS } from './fuzz/code-targets.js'
import { Draw } from './fuzz/draw.js'
import { LIST_TARGETS } from './fuzz/list-targets.js'
import { MEMORY_TARGETS } from './fuzz/memory-targets.js'
import { ROW_TARGETS } from './fuzz/row-targets.js'
import { spoil } from './fuzz/spoil.js'
import type { Making, Target, Targets } from './fuzz/target.js'
import { INSTRUCTION_SETS, withOverride } from './instruction-sets.js'

const RUNS = Number(process.env['SLUICE_FUZZ_RUNS'] ?? 200)
const TIMEOUT_MS = 60_000 + 20 * RUNS

const TARGETS: Targets = { ...ROW_TARGETS, ...CODE_TARGETS, ...LIST_TARGETS, ...MEMORY_TARGETS }

const available: readonly NativeFunctions[] = INSTRUCTION_SETS.filter(
  ({ provider }) => provider !== undefined,
).map(({ isa }) => withOverride(isa, () => loadAddon().functions))

type Callable = Readonly<Record<string, (...values: readonly unknown[]) => unknown>>

interface Outcome {
  readonly result?: unknown
  /** The code of the error; the error itself when it has none. */
  readonly code?: unknown
}

async function call(making: Making, name: string, values: readonly unknown[]): Promise<Outcome> {
  const callable = making.functions as unknown as Callable
  try {
    return { result: await callable[name]!(...values) }
  } catch (error) {
    return { code: (error as { code?: unknown }).code ?? error }
  }
}

/** Makes a call and checks what it did; `change` may spoil its arguments first. */
async function check(
  name: string,
  target: Target,
  generate: fc.GeneratorValue,
  change: ((making: Making, values: unknown[]) => void) | undefined,
): Promise<void> {
  const draw = new Draw(generate)
  const arena = new Arena(draw)
  const making = { draw, arena, functions: draw.oneOf(available) }
  try {
    const values = target.make(making)
    change?.(making, values)
    arena.remember()
    const { result, code } = await call(making, name, values)
    const allowed = ['SLUICE_INVALID_ARGUMENT', ...(target.codes ?? [])]
    expect(change === undefined ? [undefined] : [undefined, ...allowed]).toContain(code)
    if (code === undefined) target.undo?.(making, result)
    const outputs = code === undefined ? target.outputs.map((index) => values[index]) : []
    expect(arena.hasChangedOutside(outputs.filter(isArray))).toBe(false)
  } finally {
    arena.release()
  }
}

describe.skipIf(!nativeStatus().available)('a function of the addon', () => {
  it('is known to the fuzzer', () => {
    const names = Object.keys(available[0]!).filter((name) => name !== 'isa')
    expect(Object.keys(TARGETS).sort()).toEqual(names.sort())
  })

  for (const [name, target] of Object.entries(TARGETS)) {
    it(
      `${name} takes good arguments and writes to its outputs alone`,
      () =>
        fc.assert(
          fc.asyncProperty(fc.gen(), (generate) => check(name, target, generate, undefined)),
          { numRuns: RUNS },
        ),
      TIMEOUT_MS,
    )

    it(
      `${name} answers bad arguments with an error or a result, and no harm`,
      () => {
        const change = ({ draw, arena }: Making, values: unknown[]): void => {
          spoil({ draw, arena, values })
        }
        return fc.assert(
          fc.asyncProperty(fc.gen(), (generate) => check(name, target, generate, change)),
          { numRuns: RUNS },
        )
      },
      TIMEOUT_MS,
    )
  }

  it('distances refuses row numbers that its results would overwrite', () => {
    const memory = new ArrayBuffer(64 * 8)
    const rowIds = new Uint32Array(memory, 0, 32)
    const out = new Float64Array(memory, 0, 32)
    const rows = new Uint8Array(4)
    for (const functions of available) {
      const call = (): void => functions.distances(2, 1, 1, rows, rows, rowIds, out)
      expect(call).toThrow('rowIds')
      expect(new Uint8Array(memory)).toEqual(new Uint8Array(64 * 8))
    }
  })
})
