/** What a collection must hold: the table that crash tests keep outside the database. */

import type { PlannedOperation } from './plan.js'
import { keysOf } from './rows.mjs'

/** For each key the number of the operation that wrote its row. */
export type OperationByKey = ReadonlyMap<number, number>

/** The state after a number of operations. */
export class ExpectedRows {
  readonly #rows: Map<number, number>

  constructor(rows: OperationByKey = new Map()) {
    this.#rows = new Map(rows)
  }

  get rows(): OperationByKey {
    return this.#rows
  }

  /** Does one operation. */
  apply(
    operation: Pick<PlannedOperation, 'number' | 'kind' | 'firstKey' | 'keyCount' | 'keyStep'>,
  ) {
    for (const key of keysOf(operation)) {
      if (operation.kind === 'delete') this.#rows.delete(key)
      else this.#rows.set(key, operation.number)
    }
  }

  equals(other: OperationByKey): boolean {
    if (this.#rows.size !== other.size) return false
    for (const [key, number] of this.#rows) if (other.get(key) !== number) return false
    return true
  }
}

/**
 * How many of the operations a state contains, at least `least`; undefined when the state is that
 * after no prefix of them.
 */
export function prefixOf(
  state: OperationByKey,
  base: OperationByKey,
  operations: readonly PlannedOperation[],
  least: number,
): number | undefined {
  const expected = new ExpectedRows(base)
  for (let count = 0; ; count++) {
    if (count >= least && expected.equals(state)) return count
    const next = operations[count]
    if (next === undefined) return undefined
    expected.apply(next)
  }
}
