/** The names of checkpoint files: the number in 10 digits. */

/**
 * The highest number of a checkpoint: what a block has room for.
 *
 * @internal
 */
export const CHECKPOINT_NUMBER_MAX = 0xffff_ffff

const NAME_PATTERN = /^(\d{10})\.checkpoint$/

/**
 * The name of the file of a checkpoint.
 *
 * @internal
 */
export function checkpointFileName(number: number): string {
  return `${String(number).padStart(10, '0')}.checkpoint`
}

/**
 * The number that a file name states; undefined for a file that is none of ours.
 *
 * @internal
 */
export function checkpointNumberOf(name: string): number | undefined {
  const number = Number(NAME_PATTERN.exec(name)?.[1])
  return number >= 1 && number <= CHECKPOINT_NUMBER_MAX ? number : undefined
}
