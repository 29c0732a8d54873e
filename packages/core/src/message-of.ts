/** What an error says, whatever was thrown. */

/**
 * The message of an error.
 *
 * @param error - whatever was thrown
 * @internal
 */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
