/** What the command line says when it was used wrongly. */

/**
 * A wrong command or option: told without a stack, exit status 2.
 *
 * @internal
 */
export class UsageError extends Error {}
