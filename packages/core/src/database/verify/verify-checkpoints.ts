/** The checkpoints that are kept: the manifest, and every file that it names, read in full. */

import { stat } from 'node:fs/promises'
import type { Checkpoint } from '../checkpoint/checkpoint.js'
import type { CheckpointDirectory, ManifestEntry } from '../checkpoint/checkpoint-directory.js'
import { readManifest } from '../checkpoint/manifest.js'
import type { Crc32c } from '../crc-in-steps.js'
import type { ReportWriter } from './report.js'

/**
 * A checkpoint that is whole.
 *
 * @internal
 */
export interface WholeCheckpoint {
  readonly file: string
  readonly checkpoint: Checkpoint
}

/**
 * What checkpoints are verified against.
 *
 * @internal
 */
export interface CheckpointsToVerify {
  readonly directory: CheckpointDirectory
  /** The one that was read or written last, if any. */
  readonly newest: ManifestEntry | undefined
  /**
   * Whether the manifest must name it. A crash just before the manifest is written for the first
   * time leaves a checkpoint that can be used all the same.
   */
  readonly isNamed: boolean
}

/**
 * Verifies checkpoints.
 *
 * @returns those that are whole, newest first
 * @internal
 */
export async function verifyCheckpoints(
  { directory, newest, isNamed }: CheckpointsToVerify,
  report: ReportWriter,
  crc32c: Crc32c,
): Promise<readonly WholeCheckpoint[]> {
  const { manifestFile } = directory
  if (newest) report.countFiles()
  const entries = await report.attempt(manifestFile, () => readManifest(manifestFile, crc32c))
  const isThere = newest !== undefined && entries?.some((entry) => areSame(entry, newest)) === true
  if (newest && entries && isNamed && !isThere) {
    const problem = 'does not name the newest checkpoint, which is'
    report.damaged(manifestFile, `it ${problem} ${newest.number}, or is missing`, { offset: 0 })
  }
  const kept = [...(newest && !isThere ? [newest] : []), ...(entries ?? [])]
  const whole: WholeCheckpoint[] = []
  for (const entry of kept) {
    report.checkGoesOn()
    const file = directory.fileOf(entry.number)
    report.countFiles()
    const checkpoint = await report.attempt(file, async () => {
      const read = await directory.read(entry)
      const { size } = await stat(file)
      if (size !== entry.byteLength) {
        report.damaged(manifestFile, `${file} has ${size} bytes, not ${entry.byteLength}`)
      }
      report.countBytes(size)
      return read
    })
    if (checkpoint) whole.push({ file, checkpoint })
  }
  return whole
}

function areSame(a: ManifestEntry, b: ManifestEntry): boolean {
  return a.number === b.number && a.lsn === b.lsn && a.byteLength === b.byteLength
}
