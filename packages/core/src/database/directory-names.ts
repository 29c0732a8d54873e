/** The names in the directory of a database. */

/**
 * The file that says what the directory is.
 *
 * @internal
 */
export const FORMAT_FILE = 'sluice.json'

/**
 * The directory that belongs to the WAL backend.
 *
 * @internal
 */
export const WAL_DIRECTORY = 'wal'

/**
 * The directory of checkpoints and their manifest.
 *
 * @internal
 */
export const CHECKPOINTS_DIRECTORY = 'checkpoints'

/**
 * The directory of all collections.
 *
 * @internal
 */
export const COLLECTIONS_DIRECTORY = 'collections'

/**
 * The directory of segment files for re-use.
 *
 * @internal
 */
export const RECYCLED_DIRECTORY = 'recycled'
