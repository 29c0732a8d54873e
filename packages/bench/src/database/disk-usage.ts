/** What a database takes on the disk, by what it is for. */

import type { Stats } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'

/**
 * What files are for.
 *
 * @internal
 */
export const FILE_KINDS = [
  'segments',
  'columns',
  'log',
  'checkpoints',
  'recycled',
  'other',
] as const

/**
 * A kind of file.
 *
 * @internal
 */
export type FileKind = (typeof FILE_KINDS)[number]

/**
 * Sizes of files.
 *
 * @internal
 */
export interface DiskUsage {
  /** Bytes of the blocks that are allocated, in all and by kind. */
  readonly bytes: number
  readonly bytesByKind: Readonly<Record<FileKind, number>>
  /** The same by the lengths of the files: they have holes, and room at the end. */
  readonly length: number
  readonly lengthByKind: Readonly<Record<FileKind, number>>
}

/** By the first folder below the database, or the third: `collections/<id>/segments`. */
const KINDS: Readonly<Record<string, FileKind>> = {
  segments: 'segments',
  columns: 'columns',
  wal: 'log',
  checkpoints: 'checkpoints',
  recycled: 'recycled',
}

const BLOCK_BYTES = 512

/**
 * Looks at all files of a database; they may come and go meanwhile.
 *
 * @param directory - of the database
 * @internal
 */
export async function diskUsage(directory: string): Promise<DiskUsage> {
  const bytesByKind = noBytes()
  const lengthByKind = noBytes()
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  await Promise.all(
    files.map(async ({ parentPath, name }) => {
      const stats = await statIfThere(join(parentPath, name))
      if (stats === undefined) return
      const kind = kindOf(relative(directory, parentPath))
      bytesByKind[kind] += stats.blocks * BLOCK_BYTES
      lengthByKind[kind] += stats.size
    }),
  )
  return { bytes: sum(bytesByKind), bytesByKind, length: sum(lengthByKind), lengthByKind }
}

/**
 * The segment files of a database, of all collections, in order.
 *
 * @internal
 */
export async function segmentFiles(directory: string): Promise<readonly string[]> {
  const names = await readdir(directory, { recursive: true })
  const files = names.filter((name) => name.endsWith('.seg') && kindOf(name) === 'segments')
  return files.sort().map((name) => join(directory, name))
}

function kindOf(path: string): FileKind {
  const [first = '', , third = ''] = path.split(sep)
  return KINDS[first === 'collections' ? third : first] ?? 'other'
}

function noBytes(): Record<FileKind, number> {
  return { segments: 0, columns: 0, log: 0, checkpoints: 0, recycled: 0, other: 0 }
}

function sum(byKind: Readonly<Record<FileKind, number>>): number {
  return FILE_KINDS.reduce((total, kind) => total + byKind[kind], 0)
}

/** A file may have gone since its folder was read. */
async function statIfThere(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}
