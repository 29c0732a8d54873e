/** Options that several benchmarks share. */

import { type CheckpointOptions, DTYPES, type Durability, LIMITS } from '@sluice/core'
import { FILE_WAL_NAMES, WAL_NAMES, type WalName } from './database/open-database.js'
import type { OptionTable, OptionValues } from './options.js'
import {
  ID_FORMS,
  type IdForm,
  METADATA_FORMS,
  type MetadataForm,
  type WorkloadShape,
} from './vectors/workload.js'

/**
 * Where the database lies and what an acknowledgement means.
 *
 * @internal
 */
export interface StorageOptions {
  readonly directory: string
  readonly wal: WalName
  readonly durability: Durability
}

const DURABILITIES: readonly Durability[] = ['disk', 'os', 'memory']

/**
 * The options of {@link storageOptions}.
 *
 * @internal
 */
export const STORAGE_OPTIONS: OptionTable = {
  wal: { value: 'name', fallback: 'lmdb', help: `the log: ${WAL_NAMES.join(', ')} (no files)` },
  durability: {
    value: 'level',
    fallback: 'disk',
    help: `what is true at the acknowledgement: ${DURABILITIES.join(', ')}`,
  },
  dir: {
    value: 'folder',
    fallback: '.sluice',
    help: 'where the database and the raw disk probe write; both are removed at the end',
  },
}

/**
 * The options of {@link fileStorageOptions}.
 *
 * @internal
 */
export const FILE_STORAGE_OPTIONS: OptionTable = {
  ...STORAGE_OPTIONS,
  wal: { value: 'name', fallback: 'lmdb', help: `the log: ${FILE_WAL_NAMES.join(', ')}` },
}

/**
 * The options of {@link checkpointOptions}.
 *
 * @internal
 */
export const CHECKPOINT_OPTIONS: OptionTable = {
  'log-bytes-max': {
    value: 'n',
    fallback: `${LIMITS.checkpointLogBytesMaxDefault}`,
    help: 'bytes of log after which a checkpoint is made',
  },
}

/**
 * The options of {@link shapeOptions}, but `rows` and `batch`, whose fallbacks differ.
 *
 * @internal
 */
export const SHAPE_OPTIONS: OptionTable = {
  dtype: { value: 'dtype', fallback: 'float32', help: `one of ${DTYPES.join(', ')}` },
  dim: { value: 'n', fallback: '384', help: 'dimensions of a vector' },
  ids: { value: 'form', fallback: 'assigned', help: `one of ${ID_FORMS.join(', ')}` },
  metadata: { value: 'form', fallback: 'none', help: `one of ${METADATA_FORMS.join(', ')}` },
  seed: { value: 'n', fallback: '1', help: 'seed of the generated vectors' },
}

/**
 * Option `repeat`.
 *
 * @internal
 */
export const REPEAT_OPTION: OptionTable = {
  repeat: { value: 'n', fallback: '3', help: 'repetitions; figures are their medians' },
}

/**
 * Reads {@link STORAGE_OPTIONS}.
 *
 * @throws UsageError
 * @internal
 */
export function storageOptions(values: OptionValues): StorageOptions {
  return {
    directory: values.text('dir') || '.',
    wal: values.choice('wal', WAL_NAMES),
    durability: values.choice('durability', DURABILITIES),
  }
}

/**
 * Reads {@link FILE_STORAGE_OPTIONS}.
 *
 * @throws UsageError
 * @internal
 */
export function fileStorageOptions(values: OptionValues): StorageOptions {
  return { ...storageOptions(values), wal: values.choice('wal', FILE_WAL_NAMES) }
}

/**
 * Reads {@link CHECKPOINT_OPTIONS}.
 *
 * @throws UsageError
 * @internal
 */
export function checkpointOptions(values: OptionValues): CheckpointOptions {
  return { logBytesMax: values.integer('log-bytes-max', 1, Number.MAX_SAFE_INTEGER) }
}

/**
 * Reads {@link SHAPE_OPTIONS} and `rows` and `batch`.
 *
 * @throws UsageError
 * @internal
 */
export function shapeOptions(values: OptionValues): WorkloadShape {
  return {
    dtype: values.choice('dtype', DTYPES),
    dimension: values.integer('dim', 1, LIMITS.dimensionMax),
    rowCount: values.integer('rows', 1, LIMITS.rowsPerCollectionMax),
    batchRows: values.integer('batch', 1, LIMITS.rowsPerBatchMax),
    ids: values.choice<IdForm>('ids', ID_FORMS),
    metadata: values.choice<MetadataForm>('metadata', METADATA_FORMS),
    seed: values.integer('seed', 0, 0xffff_ffff),
  }
}

/**
 * Reads {@link REPEAT_OPTION}.
 *
 * @throws UsageError
 * @internal
 */
export function repeatOption(values: OptionValues): number {
  return values.integer('repeat', 1, 1000)
}
