/**
 * From a directory to the state that was acknowledged: the newest checkpoint that is whole, then
 * the log from there on. The log is read twice: a survey finds out what there is (which
 * collections live, how many rows, how far it must be whole), then a replay applies record after
 * record. A damaged checkpoint costs nothing but time: the log reaches back to the one before.
 * Nothing changes on disk, except that a tail that was never acknowledged at `disk` is cut where
 * its rows did not reach the disk, and that files of dropped collections go.
 */

import { throwIfAborted } from '../abort.js'
import type { CollectionState } from '../collection/state/collection-state.js'
import type { KernelProvider, WalBackend } from '../contract/index.js'
import { CorruptionError, hasCode } from '../errors.js'
import type { OpenProgress } from '../open-options.js'
import { TimeSlice } from '../time-slice.js'
import { decodeRecord } from '../wal/record/decode.js'
import type { Warn } from '../warning.js'
import type { Checkpoint } from './checkpoint/checkpoint.js'
import type { CheckpointDirectory, ManifestEntry } from './checkpoint/checkpoint-directory.js'
import { type KeptCheckpoint, keptCheckpoint } from './checkpoint/kept-checkpoint.js'
import { restoreCollections } from './checkpoint/restore-collections.js'
import type { CollectionFactory } from './collection-factory.js'
import { type LogSurvey, surveyLog } from './log-survey.js'
import { Replay } from './replay.js'
import type { ReplayedRows } from './replayed-rows.js'

/**
 * What recovery works on.
 *
 * @internal
 */
export interface RecoveryOptions {
  readonly wal: WalBackend
  /** Undefined for a database in memory. */
  readonly checkpoints: CheckpointDirectory | undefined
  readonly kernels: KernelProvider
  readonly factory: CollectionFactory
  /** What log records are stamped with. */
  readonly databaseTag: number
  readonly readOnly: boolean
  readonly signal: AbortSignal | undefined
  readonly onProgress: ((progress: OpenProgress) => void) | undefined
  readonly warn: Warn
}

/**
 * What recovery found.
 *
 * @internal
 */
export interface Recovered {
  readonly states: readonly CollectionState[]
  readonly lastLsn: bigint
  /** The highest epoch so far. */
  readonly epoch: number
  /** Above every collection id ever used. */
  readonly nextCollectionId: number
  /** Rows that lie in the log and not in their segments. */
  readonly unspilled: readonly ReplayedRows[]
  /** Where the replay began, if there was a checkpoint. */
  readonly checkpoint: KeptCheckpoint | undefined
  /** Bytes of the records that were replayed. */
  readonly replayedBytes: number
}

/**
 * Brings back the acknowledged state.
 *
 * @throws CorruptionError naming the file, and the offset or the LSN where it is known
 * @internal
 */
export async function recover(options: RecoveryOptions): Promise<Recovered> {
  const failures: Error[] = []
  for (const entry of (await options.checkpoints?.list()) ?? []) {
    const recovered = await attempt(failures, () => recoverFrom(options, entry))
    if (recovered) return afterFailures(options, recovered, failures)
  }
  const { firstLsn } = options.wal.stats()
  if (firstLsn === 1n) {
    const recovered = await attempt(failures, () => recoverFrom(options, undefined))
    if (recovered) return afterFailures(options, recovered, failures)
  }
  throw failures[0] ?? noCheckpoint(firstLsn)
}

/** Runs an attempt; what it finds damaged is kept, and other errors are thrown. */
async function attempt(
  failures: Error[],
  run: () => Promise<Recovered>,
): Promise<Recovered | undefined> {
  try {
    return await run()
  } catch (error) {
    if (!(error instanceof Error) || !hasCode(error, 'SLUICE_CORRUPT')) throw error
    failures.push(error)
    return undefined
  }
}

function afterFailures(
  { warn }: RecoveryOptions,
  recovered: Recovered,
  failures: readonly Error[],
): Recovered {
  if (failures.length === 0) return recovered
  const { checkpoint } = recovered
  const from = checkpoint ? `checkpoint ${checkpoint.number}` : 'its beginning'
  warn({
    code: 'SLUICE_WARN_CHECKPOINT_DAMAGED',
    message: `the newest checkpoint is damaged; nothing is lost: the log was replayed from ${from}`,
    details: { causes: failures },
  })
  return recovered
}

async function recoverFrom(
  options: RecoveryOptions,
  entry: ManifestEntry | undefined,
): Promise<Recovered> {
  const { wal, kernels, factory, checkpoints, databaseTag } = options
  const content = entry && (await checkpoints?.read(entry))
  if (content) checkReach(wal, content)
  const crc32c = (bytes: Uint8Array, seed?: number): number => kernels.crc32c(bytes, seed)
  const survey = await surveyLog(wal, { crc32c, databaseTag }, content)
  const directories = await factory.listDirectories()
  checkLogKnows(directories, survey)
  const replay = new Replay({ kernels, factory, survey })
  try {
    if (content) await restoreCollections({ ...options, replay, survey, checkpoint: content })
    const lastLsn = await replayLog(options, replay, survey)
    const unspilled = await replay.finish()
    const { states } = replay
    const living = new Set(states.map(({ id }) => id))
    await factory.removeDirectories(directories.filter((id) => !living.has(id)))
    await factory.measure([...living])
    const { epoch, nextCollectionId, byteLength: replayedBytes } = survey
    const checkpoint = content && keptCheckpoint(content, entry?.byteLength ?? 0)
    return { states, lastLsn, epoch, nextCollectionId, unspilled, checkpoint, replayedBytes }
  } catch (error) {
    await replay.abandon()
    throw error
  }
}

/** Applies all records; resolves with the last one that counts. */
async function replayLog(
  options: RecoveryOptions,
  replay: Replay,
  survey: LogSurvey,
): Promise<bigint> {
  const { wal, kernels, signal, onProgress } = options
  const crc32c = (bytes: Uint8Array, seed?: number): number => kernels.crc32c(bytes, seed)
  const total = Number(survey.lastLsn - survey.firstLsn) + 1
  const slice = new TimeSlice()
  for await (const { lsn, bytes } of wal.read(survey.firstLsn)) {
    throwIfAborted(signal, 'opening')
    const { entry } = decodeRecord(bytes, crc32c)
    if (!(await replay.apply(lsn, entry))) {
      await cutTail(options, survey, lsn - 1n)
      return lsn - 1n
    }
    onProgress?.({ phase: 'log', done: Number(lsn - survey.firstLsn) + 1, total })
    if (slice.isOver()) await slice.next()
  }
  return survey.lastLsn
}

/** The log must go on where the checkpoint ends. */
function checkReach(wal: WalBackend, checkpoint: Checkpoint): void {
  const { firstLsn, lastLsn } = wal.stats()
  if (firstLsn <= checkpoint.lsn + 1n && lastLsn >= checkpoint.lsn) return
  throw new CorruptionError(
    'SLUICE_CORRUPT',
    `the log has records ${firstLsn} to ${lastLsn} and checkpoint ${checkpoint.number} ends at ` +
      `${checkpoint.lsn}: the log (wal/ in the directory) is lost or cut`,
    { details: { firstLsn, lastLsn, checkpoint: checkpoint.number, lsn: checkpoint.lsn } },
  )
}

function noCheckpoint(firstLsn: bigint): CorruptionError {
  return new CorruptionError(
    'SLUICE_CORRUPT',
    `the log begins at record ${firstLsn}, and there is no checkpoint of what came before`,
    { details: { firstLsn } },
  )
}

/**
 * A collection gets its directory after its creation was durable in the log. One that the log has
 * never heard of means that the log is not all there: nothing may be removed then.
 */
function checkLogKnows(directories: readonly number[], survey: LogSurvey): void {
  const unknown = directories.filter((id) => id >= survey.nextCollectionId)
  if (unknown.length === 0) return
  const names = unknown.map((id) => String(id).padStart(6, '0')).join(', ')
  throw new CorruptionError(
    'SLUICE_CORRUPT',
    `the log knows nothing of collections ${names}, which have files: the log is lost or cut`,
    { details: { collectionIds: unknown, lastLsn: survey.lastLsn } },
  )
}

async function cutTail(options: RecoveryOptions, survey: LogSurvey, toLsn: bigint): Promise<void> {
  const lost = Number(survey.lastLsn - toLsn)
  options.warn({
    code: 'SLUICE_WARN_WRITES_LOST',
    message: `${lost} writes that had not reached the disk were lost`,
    details: { firstLostLsn: toLsn + 1n, lastLostLsn: survey.lastLsn },
  })
  if (!options.readOnly) await options.wal.truncateAfter(toLsn)
}
