/** Random choices of one run, drawn as they are needed; fast-check shrinks them. */
import fc from 'fast-check'

const integers = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max })

/** Where choices come from. */
export class Draw {
  readonly #generate: fc.GeneratorValue

  constructor(generate: fc.GeneratorValue) {
    this.#generate = generate
  }

  /** An integer within bounds, both included. */
  integer(min: number, max: number): number {
    return this.#generate(integers, min, max)
  }

  /** One of a list that is not empty. */
  oneOf<T>(choices: readonly T[]): T {
    return choices[this.integer(0, choices.length - 1)]!
  }
}
