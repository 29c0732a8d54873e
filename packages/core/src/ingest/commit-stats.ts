/** Counts of the commit log. */

/**
 * What the log has done since opening.
 *
 * @public
 */
export interface CommitStats {
  /** Groups appended; `records / groups` is the mean group size. */
  readonly groups: number
  /** Records appended. */
  readonly records: number
  /** Rows in those records. */
  readonly rows: number
  /** Highest LSN that searches can see. */
  readonly visibleLsn: bigint
  /** Highest LSN known to survive power loss. */
  readonly durableLsn: bigint
  /** Row bytes that are in the log and not yet in their segments. */
  readonly unspilledBytes: number
}
