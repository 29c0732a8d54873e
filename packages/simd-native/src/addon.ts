/**
 * Finds and loads the addon that build.mjs makes. Nothing is loaded when this module is imported,
 * and every failure is an Error whose message is a reason for people.
 */

import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

/** One query against packed rows. */
type ScanArguments = readonly [
  metricCode: number,
  dtypeCode: number,
  dimension: number,
  query: Uint8Array,
  rows: Uint8Array,
]

type IngestArguments = readonly [
  dtypeCode: number,
  dimension: number,
  source: Uint8Array,
  target: Uint8Array,
  rowCount: number,
  crc: number,
]

type RangeArguments = readonly [
  from: number,
  to: number,
  rowBase: number,
  mask: Uint32Array | undefined,
]

type HeapArguments = readonly [
  k: number,
  distanceMax: number,
  distances: Float64Array,
  rows: Uint32Array,
  count: number,
]

/**
 * The functions of one instruction set, as native/addon.cc declares them. Arguments are flat,
 * because reading a property from native code costs more than an argument.
 *
 * @internal
 */
export interface NativeFunctions {
  readonly isa: string
  crc32c(bytes: Uint8Array, seed: number): number
  /** The checksum, or `-1 - firstBadRow`. */
  ingest(...task: IngestArguments): number
  distances(...task: [...ScanArguments, rowIds: Uint32Array, out: Float64Array]): void
  distancesRange(...task: [...ScanArguments, from: number, out: Float64Array]): void
  /** The heap's new count. */
  nearest(...task: [...ScanArguments, ...RangeArguments, ...HeapArguments]): number
}

/**
 * A loaded addon.
 *
 * @internal
 */
export interface LoadedAddon {
  readonly functions: NativeFunctions
  /** The file it came from. */
  readonly path: string
  /** Why this instruction set. */
  readonly reason: string
}

interface AddonModule {
  /** The functions of one instruction set; the best one for `''`. */
  kernels(name: string): NativeFunctions
}

const OVERRIDE_VARIABLE = 'SLUICE_SIMD'
const OVERRIDES = ['scalar', 'baseline', 'sse', 'avx2', 'avx512']

/**
 * Loads the addon for this machine and picks the instruction set: the best that the CPU has, or
 * the one that the environment variable `SLUICE_SIMD` names.
 *
 * @throws Error saying why native kernels cannot run here
 * @internal
 */
export function loadAddon(): LoadedAddon {
  const override = process.env[OVERRIDE_VARIABLE] ?? ''
  if (override === 'scalar') throw new Error(`${OVERRIDE_VARIABLE}=scalar`)
  if (override !== '' && !OVERRIDES.includes(override)) {
    throw new Error(`${OVERRIDE_VARIABLE}=${override} is not one of ${OVERRIDES.join(', ')}`)
  }
  const target = `${process.platform}-${process.arch}`
  const path = fileURLToPath(new URL(`../build/${target}/sluice.node`, import.meta.url))
  if (!existsSync(path)) throw new Error(`no binary for ${target}: ${path} does not exist`)
  const { kernels } = requireAddon(path, target)
  const reason =
    override === '' ? 'the best instruction set of this CPU' : `${OVERRIDE_VARIABLE}=${override}`
  try {
    return { functions: kernels(override), path, reason }
  } catch (error) {
    throw new Error(`${reason}: this CPU has no such instruction set`, { cause: error })
  }
}

function requireAddon(path: string, target: string): AddonModule {
  try {
    return createRequire(import.meta.url)(path) as AddonModule
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    throw new Error(`the binary for ${target} does not load: ${message}`, { cause: error })
  }
}
