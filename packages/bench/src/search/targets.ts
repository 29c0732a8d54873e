/** The recalls that searches are asked for, and how figures call them. */

/**
 * A recall.
 *
 * @internal
 */
export interface Target {
  readonly recall: number
  readonly label: string
}

/**
 * All of them, in ascending order.
 *
 * @internal
 */
export const TARGETS: readonly Target[] = ['0.90', '0.95', '0.99', '0.999'].map((label) => ({
  recall: Number(label),
  label,
}))
