/**
 * The state of lists while their centroids are learnt. Assistants see all of it but counts. Types
 * only.
 */

/**
 * Lists while they are learnt.
 *
 * @internal
 */
export interface Training {
  readonly sample: Uint32Array
  /** The list of each row of the sample. */
  readonly lists: Uint32Array
  /** `K` times `n` numbers. */
  readonly centroids: Float32Array
  /** Rows of each list. */
  readonly counts: Uint32Array
}
