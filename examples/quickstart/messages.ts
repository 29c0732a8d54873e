/** What the first life tells the process that will end it. */

/** Sent when the write of an entry was acknowledged as being on disk. */
export interface Acknowledged {
  readonly acknowledgedId: string
}
