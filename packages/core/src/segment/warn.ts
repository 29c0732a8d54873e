/** How stores tell the user something that is no error. */

/**
 * Takes a warning for the user.
 *
 * @internal
 */
export type Warn = (message: string, details?: Readonly<Record<string, unknown>>) => void
