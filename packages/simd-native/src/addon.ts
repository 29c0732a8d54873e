/**
 * Finds and loads the addon: from the package of this platform, else from what build.mjs made here.
 * Nothing is loaded when this module is imported, and every failure is an Error whose message is a
 * reason for people.
 */

import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import type { NativeMemoryFunctions } from './native-regions.js'
import { platformName } from './platform.js'
import { whyNotWhole } from './whole-binary.js'

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

/** A CodeSpace, flat. @internal */
export type SpaceArguments = readonly [
  metricCode: number,
  dtypeCode: number,
  dimension: number,
  mean: Float32Array,
  signs: Float32Array,
]

type CodeScanArguments = readonly [
  codeDimension: number,
  tables: Uint8Array,
  blocks: Uint8Array,
  from: number,
  to: number,
]

type BoundArguments = readonly [scale: number, bias: number, weight: number, threshold: number]

/** CentroidGroups, flat; the beam is 0 where there are none. @internal */
export type GroupArguments = readonly [
  blocks: Uint8Array | undefined,
  starts: Uint32Array | undefined,
  beam: number,
]

type AssignArguments = readonly [
  rows: Uint8Array,
  centroids: Float32Array,
  blocks: Uint8Array,
  ...groups: GroupArguments,
  candidatesMax: number,
  margin: number,
  listsPerRow: number,
  lists: Uint32Array,
]

type MeansArguments = readonly [
  rows: Uint8Array,
  lists: Uint32Array,
  sums: Float64Array,
  counts: Uint32Array,
]

type RowTableArguments = readonly [
  segments: Uint32Array,
  rowsPerSegment: number,
  firstRow: number,
  rowCount: number,
  mask: Uint32Array | undefined,
]

type ListArguments = readonly [centroids: Float32Array, blocks: Uint8Array, extents: Uint32Array]

type EncodeArguments = readonly [
  rows: Uint8Array,
  rowBase: number,
  blocks: Uint8Array,
  centre: Float32Array | undefined,
]

type SearchArguments = readonly [
  query: Uint8Array,
  ...rows: RowTableArguments,
  ...lists: ListArguments,
  tail: Uint32Array,
  looseFrom: number,
  probes: number,
  reach: number,
  eps: number,
  tailEps: number,
  ...heap: HeapArguments,
  outcome: Float64Array,
]

/**
 * The functions of one instruction set, as native/addon.cc declares them. Arguments are flat,
 * because reading a property from native code costs more than an argument.
 *
 * @internal
 */
export interface NativeFunctions extends NativeMemoryFunctions {
  readonly isa: string
  crc32c(bytes: Uint8Array, seed: number): number
  /** The checksum, or `-1 - firstBadRow`. */
  ingest(...task: IngestArguments): number
  distances(...task: [...ScanArguments, rowIds: Uint32Array, out: Float64Array]): void
  distancesRange(...task: [...ScanArguments, from: number, out: Float64Array]): void
  /** The heap's new count. */
  nearest(...task: [...ScanArguments, ...RangeArguments, ...HeapArguments]): number
  encode(...task: [...SpaceArguments, ...EncodeArguments]): void
  packBlock(codes: Uint8Array, block: Uint8Array): void
  /** Writes scale, bias, norm and constant to `terms`. */
  buildTables(
    ...task: [...SpaceArguments, query: Uint8Array, tables: Uint8Array, terms: Float32Array]
  ): void
  scanSums(...scan: [...CodeScanArguments, out: Uint16Array]): void
  /** The block to go on with; `state[0]` is the count of survivors, read and written. */
  scanBlocks(
    ...scan: [
      ...CodeScanArguments,
      ...BoundArguments,
      rows: Uint32Array,
      bounds: Float32Array,
      state: Uint32Array,
    ]
  ): number
  assign(...task: [...SpaceArguments, ...AssignArguments]): void
  accumulateMeans(...task: [...SpaceArguments, ...MeansArguments]): void
  /** The heap's new count; writes lists, scanned, compared and keysAreDistances to `outcome`. */
  searchLists(...search: [...SpaceArguments, ...SearchArguments]): number
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

/** An addon's file, or where there is none. */
type Place = { readonly path: string } | { readonly absence: string }

const OVERRIDE_VARIABLE = 'SLUICE_SIMD'
const SCALAR = 'scalar'
/** The names that `kernels()` knows. */
const INSTRUCTION_SETS = ['baseline', 'sse', 'avx2', 'avx512', 'neon', 'dotprod']
/** What `isa` says where that is another name, so that what was read can be set. */
const NAMES_BY_ISA: ReadonlyMap<string, string> = new Map([
  ['sse4.2', 'sse'],
  ['neon+dotprod', 'dotprod'],
])
/** For tests: this file and no other. */
const FILE_VARIABLE = 'SLUICE_ADDON'

const require = createRequire(import.meta.url)

/**
 * Loads the addon for this machine and picks the instruction set: the best that the CPU has, or
 * the one that the environment variable `SLUICE_SIMD` names, in any case.
 *
 * @throws Error saying why native kernels cannot run here
 * @internal
 */
export function loadAddon(): LoadedAddon {
  const override = process.env[OVERRIDE_VARIABLE] ?? ''
  const setting = `${OVERRIDE_VARIABLE}=${override}`
  const lowered = override.toLowerCase()
  const name = NAMES_BY_ISA.get(lowered) ?? lowered
  if (name === SCALAR) throw new Error(setting)
  if (name !== '' && !INSTRUCTION_SETS.includes(name)) {
    throw new Error(`${setting} is not one of ${[SCALAR, ...INSTRUCTION_SETS].join(', ')}`)
  }
  const { addon, path, broken } = loadFirst(listPlaces())
  const choice = name === '' ? 'the best instruction set of this CPU' : setting
  try {
    const functions = addon.kernels(name)
    return { functions, path, reason: [choice, ...broken].join('; ') }
  } catch (error) {
    throw new Error(`${choice}: this CPU has no such instruction set`, { cause: error })
  }
}

function chosenFile(): string {
  return process.env[FILE_VARIABLE] ?? ''
}

function listPlaces(): readonly Place[] {
  const path = chosenFile()
  return path === '' ? [findPlatformPackage(), findLocalBuild()] : [findFile(path)]
}

function findPlatformPackage(): Place {
  const name = `@sluice/simd-native-${platformName()}`
  try {
    return { path: require.resolve(name) }
  } catch {
    return { absence: `${name} is not installed` }
  }
}

function findLocalBuild(): Place {
  const folder = `${process.platform}-${process.arch}`
  return findFile(fileURLToPath(new URL(`../build/${folder}/sluice.node`, import.meta.url)))
}

function findFile(path: string): Place {
  return existsSync(path) ? { path } : { absence: `${path} does not exist` }
}

/** Loads the first addon that loads. `broken` tells of those before it that do not. */
function loadFirst(places: readonly Place[]): {
  readonly addon: AddonModule
  readonly path: string
  readonly broken: readonly string[]
} {
  const broken: string[] = []
  const absent: string[] = []
  for (const place of places) {
    if ('absence' in place) {
      absent.push(place.absence)
      continue
    }
    try {
      return { addon: requireAddon(place.path), path: place.path, broken }
    } catch (error) {
      broken.push(`${place.path} does not load: ${error instanceof Error ? error.message : error}`)
    }
  }
  const reasons = [...broken, ...absent, ...listHints()].join('; ')
  throw new Error(`no usable binary for ${platformName()}: ${reasons}`)
}

/** What can be done about it in the workspace, which has what the binary is made with. */
function listHints(): readonly string[] {
  const builder = fileURLToPath(new URL('../build.mjs', import.meta.url))
  if (chosenFile() !== '' || !existsSync(builder)) return []
  return ['`pnpm build` makes one where there is a C++ compiler']
}

function requireAddon(path: string): AddonModule {
  const flaw = whyNotWhole(path)
  if (flaw !== undefined) throw new Error(flaw)
  const addon = require(path) as Partial<AddonModule>
  if (typeof addon.kernels !== 'function') throw new Error('it is no addon of Sluice')
  return { kernels: addon.kernels }
}
