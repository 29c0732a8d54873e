import { describe, expect, it } from 'vitest'
import { type MaintenanceState, planMaintenance } from '../../src/index/maintenance-plan.js'
import type { RowLists } from '../../src/index/row-lists.js'

/** As many equal lists as there are thousands of rows. */
function listsOf(rowCount: number, change: Partial<RowLists> = {}): RowLists {
  const extents = new Uint32Array(3 * Math.ceil(rowCount / 1000))
  for (let at = 2; at < extents.length; at += 3) extents[at] = 1000
  return {
    space: {} as RowLists['space'],
    rowCount,
    clusteredRows: rowCount,
    listsPerRow: 1,
    centroids: new Float32Array(),
    centroidBlocks: new Uint8Array(),
    chunks: [],
    extents,
    ...change,
  }
}

function plan(rowCount: number, change: Partial<MaintenanceState> = {}) {
  return planMaintenance({
    rowCount,
    aliveRows: rowCount,
    current: undefined,
    futile: undefined,
    isCalibrationDue: false,
    ...change,
  })
}

const current = { lists: listsOf(100_000), listedRows: 100_000, calibratedRows: 100_000 }

describe('planMaintenance', () => {
  it('makes the first lists once scanning all codes takes longer', () => {
    expect(plan(65_535)).toBeUndefined()
    expect(plan(65_536)).toBe('cluster')
    expect(plan(100_000, { aliveRows: 65_535 })).toBeUndefined()
  })

  it('makes no lists where they did not pay, until there are four times the rows', () => {
    const futile = { visibleRows: 100_000, aliveRows: 100_000 }
    expect(plan(399_999, { futile })).toBeUndefined()
    expect(plan(400_000, { futile })).toBe('cluster')
  })

  it('counts rows that came since then, where as many have died', () => {
    const futile = { visibleRows: 9_000_000, aliveRows: 100_000 }
    const aliveRows = 100_000
    expect(plan(9_299_999, { aliveRows, futile })).toBeUndefined()
    expect(plan(9_300_000, { aliveRows, futile })).toBe('cluster')
    expect(plan(9_300_000, { aliveRows: 65_535, futile })).toBeUndefined()
  })

  it('leaves lists alone that a few rows are missing from', () => {
    expect(plan(100_000, { current })).toBeUndefined()
    expect(plan(108_191, { current })).toBeUndefined()
  })

  it('adds rows to lists once they would slow searches down', () => {
    expect(plan(108_192, { current })).toBe('extend')
    const large = { lists: listsOf(1_600_000), listedRows: 1_600_000, calibratedRows: 1_600_000 }
    expect(plan(1_699_999, { current: large })).toBeUndefined()
    expect(plan(1_700_000, { current: large })).toBe('extend')
  })

  it('counts rows in lists, not all that there ever were', () => {
    const lists = listsOf(5_000_000)
    const left = { lists, listedRows: 300_000, calibratedRows: 290_000 }
    expect(plan(5_018_749, { aliveRows: 300_000, current: left })).toBeUndefined()
    expect(plan(5_018_750, { aliveRows: 300_000, current: left })).toBe('extend')
  })

  it('makes lists anew at four times the rows of the last clustering', () => {
    expect(plan(399_968, { current })).toBe('extend')
    expect(plan(400_000, { current })).toBe('cluster')
    const extended = {
      lists: listsOf(399_000, { clusteredRows: 100_000 }),
      listedRows: 399_000,
      calibratedRows: 399_000,
    }
    expect(plan(400_000, { current: extended })).toBe('cluster')
  })

  it('makes lists anew when many of their rows have died', () => {
    expect(plan(100_000, { current, aliveRows: 70_000 })).toBe('calibrate')
    expect(plan(100_000, { current, aliveRows: 69_999 })).toBe('cluster')
  })

  it('counts rows that had died before others were added', () => {
    const extended = { lists: listsOf(150_000), listedRows: 150_000, calibratedRows: 100_000 }
    expect(plan(150_000, { current: extended, aliveRows: 105_000 })).toBeUndefined()
    expect(plan(150_000, { current: extended, aliveRows: 104_999 })).toBe('cluster')
  })

  it('calibrates anew when a twentieth of the rows have died, or much was asked', () => {
    expect(plan(100_000, { current, aliveRows: 95_000 })).toBeUndefined()
    expect(plan(100_000, { current, aliveRows: 94_999 })).toBe('calibrate')
    const again = { ...current, calibratedRows: 80_000 }
    expect(plan(100_000, { current: again, aliveRows: 80_000 })).toBeUndefined()
    expect(plan(100_000, { current, isCalibrationDue: true })).toBe('calibrate')
    expect(plan(50_000, { isCalibrationDue: true })).toBeUndefined()
  })

  it('makes lists anew that are far from equal, but not of the same rows again', () => {
    const lists = listsOf(100_000)
    for (let at = 2; at < lists.extents.length; at += 3) lists.extents[at] = at === 2 ? 90_000 : 100
    const skewed = { lists, listedRows: 100_000, calibratedRows: 100_000 }
    expect(plan(124_999, { current: skewed })).toBe('extend')
    expect(plan(125_000, { current: skewed })).toBe('cluster')
  })
})
