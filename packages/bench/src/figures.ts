/** Named measurements, each with its unit and all its samples. */

/**
 * One figure of a report.
 *
 * @internal
 */
export interface Figure {
  /** The median of the samples. */
  readonly value: number
  readonly unit: string
  readonly min: number
  readonly max: number
  /** In the order of measurement. */
  readonly samples: readonly number[]
}

/**
 * The middle of some numbers; the mean of the two middle ones when their count is even.
 *
 * @throws RangeError when there are none
 * @internal
 */
export function median(samples: readonly number[]): number {
  return percentile(samples, 50)
}

/**
 * The value that `percent` of the samples do not exceed, interpolated between neighbours.
 *
 * @param samples - in any order
 * @param percent - 0 to 100
 * @throws RangeError when there are none
 * @internal
 */
export function percentile(samples: ArrayLike<number>, percent: number): number {
  if (samples.length === 0) throw new RangeError('a percentile needs at least one sample')
  const sorted = Float64Array.from(samples).sort()
  const position = ((sorted.length - 1) * percent) / 100
  const below = Math.floor(position)
  const low = sorted[below] ?? 0
  const high = sorted[Math.ceil(position)] ?? 0
  return low + (high - low) * (position - below)
}

/**
 * Figures in the order in which they were first measured.
 *
 * @internal
 */
export class Figures {
  readonly #samples = new Map<string, { readonly unit: string; readonly values: number[] }>()

  /** Adds one sample of a figure. */
  add(name: string, unit: string, sample: number): void {
    const known = this.#samples.get(name)
    if (known) known.values.push(sample)
    else this.#samples.set(name, { unit, values: [sample] })
  }

  /** One figure; undefined when it was not measured. */
  get(name: string): Figure | undefined {
    const known = this.#samples.get(name)
    if (known === undefined) return undefined
    const { unit, values } = known
    const value = median(values)
    return {
      value,
      unit,
      min: percentile(values, 0),
      max: percentile(values, 100),
      samples: values,
    }
  }

  /** All figures by name: what goes into the report. */
  toJSON(): Readonly<Record<string, Figure>> {
    return Object.fromEntries(
      [...this.#samples.keys()].map((name) => [name, this.get(name) as Figure]),
    )
  }
}
