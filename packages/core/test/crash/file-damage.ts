/** Ways in which the files of a database are damaged, from a seed or by name. */

import { copyFile, open, readdir, rename, rm, stat, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { flipBit } from './image.js'

/** The types of files that a database consists of, by their paths. */
export const FILE_TYPES = {
  format: /^sluice\.json$/,
  lock: /^LOCK$/,
  manifest: /^checkpoints\/manifest\.json$/,
  checkpoint: /^checkpoints\/\d+\.checkpoint$/,
  columns: /\.col$/,
  segment: /\.seg$/,
  recycled: /\.free$/,
  log: /^wal\/(\d+\.log|data\.mdb)$/,
  'log mark': /^wal\/first-lsn$/,
} as const

/** A type of file. */
export type FileType = keyof typeof FILE_TYPES

/** What is done to a file. */
export const DAMAGES = [
  'flip',
  'flip at the start',
  'truncate',
  'truncate a little',
  'zero',
  'lengthen',
  'empty',
  'remove',
  'swap',
  'foreign',
] as const

/** One damage. Fractions are from 0 to 1. */
export interface FileDamage {
  readonly type: FileType
  /** Which file of its type, as a fraction. */
  readonly file: number
  readonly damage: (typeof DAMAGES)[number]
  /** Where in the file, as a fraction. */
  readonly place: number
}

const PAGE_BYTES = 4096

/** Paths of the files of a type, relative to the directory, in order. */
export async function filesOf(directory: string, type: FileType): Promise<readonly string[]> {
  const found = await readdir(directory, { recursive: true })
  return found.filter((path) => FILE_TYPES[type].test(path)).sort()
}

/**
 * Damages one file.
 *
 * @param foreign - the directory of another database like this one
 * @returns its path in the directory; undefined where there is no such file
 */
export async function damageFile(
  directory: string,
  foreign: string,
  { type, file, damage, place }: FileDamage,
): Promise<string | undefined> {
  const files = await filesOf(directory, type)
  const index = Math.min(Math.floor(file * files.length), files.length - 1)
  const name = files[index]
  if (name === undefined) return undefined
  const path = join(directory, name)
  const { size } = await stat(path)
  const offset = Math.min(size - 1, Math.floor(place * size))
  const other = files[(index + 1) % files.length] as string
  const actions: Readonly<Record<FileDamage['damage'], () => Promise<unknown>>> = {
    flip: () => flipBit(path, offset),
    'flip at the start': () => flipBit(path, Math.floor(place * Math.min(size, 128))),
    truncate: () => truncate(path, offset),
    'truncate a little': () =>
      truncate(path, size - 1 - Math.floor(place * Math.min(size - 1, 64))),
    zero: () => zeroPage(path, offset),
    lengthen: () => truncate(path, size + 1 + Math.floor(place * 2 * PAGE_BYTES)),
    empty: () => truncate(path, 0),
    remove: () => rm(path),
    swap: () => swap(path, join(directory, other)),
    foreign: () => copyForeign(foreign, path, { type, name }),
  }
  await actions[damage]()
  return name
}

async function zeroPage(path: string, offset: number): Promise<void> {
  const start = offset - (offset % PAGE_BYTES)
  const { size } = await stat(path)
  const handle = await open(path, 'r+')
  await handle.write(new Uint8Array(Math.min(PAGE_BYTES, size - start)), 0, undefined, start)
  await handle.close()
}

async function swap(a: string, b: string): Promise<void> {
  await rename(a, `${a}.swap`)
  if (a !== b) await rename(b, a)
  await rename(`${a}.swap`, b)
}

/** The file of the same name of the other database, or any of its type. */
async function copyForeign(
  foreign: string,
  path: string,
  { type, name }: { readonly type: FileType; readonly name: string },
): Promise<void> {
  const names = await filesOf(foreign, type)
  const same = names.find((other) => other === name) ?? names.at(-1)
  if (same !== undefined) await copyFile(join(foreign, same), path)
}
