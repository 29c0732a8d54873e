/**
 * Who may import whom, as tables, and the rules that hold every file to them. Tests are held to
 * nothing here: they may open any door. The tables are the architecture; to change it, change them
 * and say why.
 */
import { importsOf } from './imports.js'
import { isShipped, type Rule } from './source-file.js'

/** Which packages a package may import; `types` means that only types may be imported. */
export const packageTable: Readonly<Record<string, Readonly<Record<string, 'types' | 'values'>>>> =
  {
    pool: {},
    core: { pool: 'values' },
    'wal-lmdb': { core: 'values' },
    'simd-native': { core: 'types' },
    bench: { pool: 'values', core: 'values', 'wal-lmdb': 'values', 'simd-native': 'values' },
  }

/**
 * The storeys of core, from the roof down. A room (a folder of core/src) may import itself and any
 * room on a lower storey: no room knows the storey above it, nor its neighbour. `door` is index.ts
 * and open.ts.
 */
export const coreStoreys: readonly (readonly string[])[] = [
  ['door'],
  ['database'],
  ['collection'],
  ['ingest', 'search'],
  ['segment', 'index'],
  ['wal', 'threads'],
  ['kernels', 'observe'],
]

/**
 * The ground everybody stands on, and which stands on nothing else. `words` is every file that lies
 * directly in core/src (errors, limits, dtype and so on) but the door.
 */
export const coreGround: readonly string[] = ['contract', 'words']

/**
 * Rooms that stand beside the house: they see the ground and what is listed; nobody in the house
 * sees them.
 */
export const coreAnnexes: Readonly<Record<string, readonly string[]>> = {
  conformance: ['wal/record'],
}

/** A package imports only the packages below it, by name and never by a path into their files. */
export const packagesLookDown: Rule = (files) =>
  importsOf(files.filter(isShipped)).flatMap(({ from, place, specifier, target, typeOnly }) => {
    const own = from.split('/')[1] ?? ''
    const other = target?.split('/')[1]
    if (target === undefined || other === undefined) return []
    if (specifier.startsWith('.')) {
      return target.startsWith(`packages/${own}/src/`)
        ? []
        : [`${place} ${specifier} leaves packages/${own}/src`]
    }
    const allowed = packageTable[own]?.[other]
    if (allowed === undefined) return [`${place} ${own} may not import ${other}`]
    if (allowed === 'types' && !typeOnly)
      return [`${place} ${own} may import only types of ${other}`]
    return []
  })

/** Inside core, imports go down the storeys. */
export const roomsLookDown: Rule = (files) =>
  coreImports(files).flatMap(({ from, to, place }) => {
    const room = roomOf(from)
    if (mayImport(room, to)) return []
    return [
      isKnown(room) ? `${place} ${room} may not import ${to}` : `${place} ${room} is in no table`,
    ]
  })

/** The contracts import types alone, so they hold no code and can be implemented by anybody. */
export const contractsImportTypes: Rule = (files) =>
  coreImports(files)
    .filter(({ from, typeOnly }) => roomOf(from) === 'contract' && !typeOnly)
    .map(({ place, to }) => `${place} a contract imports a value from ${to}`)

function coreImports(files: Parameters<Rule>[0]) {
  const root = 'packages/core/src/'
  return importsOf(files)
    .filter(({ from, target }) => from.startsWith(root) && target?.startsWith(root))
    .map(({ from, target = '', place, typeOnly }) => ({
      from: from.slice(root.length).replace(/\.ts$/, ''),
      to: target.slice(root.length).replace(/\.ts$/, ''),
      place,
      typeOnly,
    }))
}

function roomOf(path: string): string {
  if (path === 'index' || path === 'open') return 'door'
  const slash = path.indexOf('/')
  return slash < 0 ? 'words' : path.slice(0, slash)
}

function storeyOf(room: string): number {
  return coreStoreys.findIndex((rooms) => rooms.includes(room))
}

function isKnown(room: string): boolean {
  return storeyOf(room) >= 0 || coreGround.includes(room) || room in coreAnnexes
}

function mayImport(room: string, to: string): boolean {
  const target = roomOf(to)
  if (room === target || (coreGround.includes(target) && isKnown(room))) return true
  const annex = coreAnnexes[room]
  if (annex)
    return annex.some((place) => to === place || target === place || to.startsWith(`${place}/`))
  const storey = storeyOf(room)
  return storey >= 0 && storeyOf(target) > storey
}
