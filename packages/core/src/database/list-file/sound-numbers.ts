/**
 * Whether numbers of a list file are such as rows can have: with any others searches would pass
 * over lists and rows without a word, or look at all of them. A checksum does not tell who wrote.
 */

import { BLOCK_ROWS, type BlockLayout } from '../../code-layout.js'
import { TimeSlice } from '../../time-slice.js'

/** Numbers between two looks at the clock. */
const STEP_NUMBERS = 65_536

/**
 * What is wrong with a number.
 *
 * @internal
 */
export interface NumberFault {
  readonly field: string
  readonly expected: string
  readonly actual: number
}

/**
 * The first number that is not finite.
 *
 * @param field - what the numbers are
 * @internal
 */
export async function findInfinite(
  field: string,
  numbers: Float32Array,
): Promise<NumberFault | undefined> {
  const slice = new TimeSlice()
  for (let from = 0; from < numbers.length; from += STEP_NUMBERS) {
    const to = Math.min(numbers.length, from + STEP_NUMBERS)
    for (let i = from; i < to; i++) {
      if (!Number.isFinite(numbers[i])) {
        return { field, expected: 'a finite number', actual: numbers[i]! }
      }
    }
    if (slice.isOver()) await slice.next()
  }
  return undefined
}

/**
 * The first factor of a block that no code has (docs/codes.md, "Codes and factors").
 *
 * @param numbers - all blocks
 * @param block - which one it is
 * @param laneCount - lanes of it that count
 * @internal
 */
export function findWrongFactor(
  numbers: Float32Array,
  { layout, block }: { readonly layout: BlockLayout; readonly block: number },
  laneCount: number,
): NumberFault | undefined {
  const at = (block * layout.byteLength + layout.factorsAt) / Float32Array.BYTES_PER_ELEMENT
  for (let lane = at; lane < at + laneCount; lane++) {
    const error = numbers[lane + 2 * BLOCK_ROWS]!
    // Infinite for a row that is always looked at.
    if (!(error >= 0)) return { field: 'factor E', expected: 'not below 0', actual: error }
    const factor = numbers[lane]!
    const offset = numbers[lane + BLOCK_ROWS]!
    if (Number.isFinite(factor + offset)) continue
    if (!Number.isFinite(factor)) return factorFault('F', factor)
    if (!Number.isFinite(offset)) return factorFault('A', offset)
  }
  return undefined
}

function factorFault(name: string, actual: number): NumberFault {
  return { field: `factor ${name}`, expected: 'a finite number', actual }
}
