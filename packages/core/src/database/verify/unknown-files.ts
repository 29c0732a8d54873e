/**
 * What lies in the directory of a database and is not part of it. Names decide: a file that a crash
 * may have left, or that waits for its removal, is not unknown.
 */

import type { Dirent } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { ifThere } from '../../if-there.js'
import { recycledLengthOf } from '../../segment/segment-recycler.js'
import { checkpointNumberOf } from '../checkpoint/checkpoint-name.js'
import {
  CHECKPOINTS_DIRECTORY,
  COLLECTIONS_DIRECTORY,
  RECYCLED_DIRECTORY,
  WAL_DIRECTORY,
} from '../directory-names.js'
import type { ReportWriter } from './report.js'

/** Whether a name is one of the database's; for a directory, what may be in it. */
type Known = (name: string) => boolean | Layout

/** What may lie in a directory. */
interface Layout {
  /** Undefined for one that is somebody else's business. */
  readonly entries: Known | undefined
}

const SEGMENT_FILE = /^\d{8}\.seg$/
const COLUMN_FILE = /^\d{8}\.col$/
const LIST_FILE = /^lists\.idx(\.new)?$/
const CHECKPOINT_FILE = /^(manifest\.json|\d{10}\.checkpoint)(\.new)?$/
const ROOT_FILE = /^(sluice\.json(\.new)?|LOCK(\.[\w.]+)?)$/
const OPAQUE: Layout = { entries: undefined }

/**
 * Which collections a directory may have.
 *
 * @internal
 */
export interface KnownCollections {
  /** Whether a collection is there. */
  isLiving(id: number): boolean
  /** Above every id ever used. */
  nextIdNow(): number
}

/**
 * Finds what is not the database's.
 *
 * @returns paths relative to `path`, sorted; a directory with a `/` at its end
 * @internal
 */
export async function findUnknownFiles(
  path: string,
  collections: KnownCollections,
  report: ReportWriter,
): Promise<readonly string[]> {
  const found: string[] = []
  const visit = async (directory: string, known: Known): Promise<void> => {
    const absolute = join(path, directory)
    const entries = (await report.attempt(absolute, () => entriesOf(absolute))) ?? []
    for (const entry of entries) {
      const name = `${directory}${entry.name}`
      const is = known(entry.name)
      const isDirectory = entry.isDirectory()
      if (isDirectory !== (typeof is === 'object') || is === false) {
        found.push(isDirectory ? `${name}/` : name)
      } else if (typeof is === 'object' && is.entries) await visit(`${name}/`, is.entries)
    }
  }
  await visit('', rootOf(collections))
  return found.sort()
}

function rootOf(collections: KnownCollections): Known {
  const directories: Readonly<Record<string, Layout>> = {
    [WAL_DIRECTORY]: OPAQUE,
    [CHECKPOINTS_DIRECTORY]: { entries: isCheckpointFile },
    [COLLECTIONS_DIRECTORY]: { entries: (name) => collectionOf(name, collections) },
    [RECYCLED_DIRECTORY]: { entries: (name) => recycledLengthOf(name) !== undefined },
  }
  return (name) => directoryIn(directories, name) ?? ROOT_FILE.test(name)
}

function isCheckpointFile(name: string): boolean {
  if (!CHECKPOINT_FILE.test(name)) return false
  const bare = name.replace(/\.new$/, '')
  return bare === 'manifest.json' || checkpointNumberOf(bare) !== undefined
}

function collectionOf(name: string, collections: KnownCollections): boolean | Layout {
  if (!/^\d{6}$/.test(name)) return false
  if (collections.isLiving(Number(name))) return { entries: partOf }
  // One that was dropped, and whose files are on their way out.
  return Number(name) < collections.nextIdNow() && Number(name) > 0 ? OPAQUE : false
}

function partOf(name: string): boolean | Layout {
  const directories: Readonly<Record<string, Layout>> = {
    segments: { entries: (file) => SEGMENT_FILE.test(file) },
    columns: { entries: (file) => COLUMN_FILE.test(file) },
  }
  return directoryIn(directories, name) ?? LIST_FILE.test(name)
}

function directoryIn(
  directories: Readonly<Record<string, Layout>>,
  name: string,
): Layout | undefined {
  return Object.hasOwn(directories, name) ? directories[name] : undefined
}

async function entriesOf(directory: string): Promise<readonly Dirent[]> {
  return (await ifThere(() => readdir(directory, { withFileTypes: true }))) ?? []
}
