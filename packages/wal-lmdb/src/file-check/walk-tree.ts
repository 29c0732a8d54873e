/**
 * Walks a tree of an LMDB file, level by level, and checks all that LMDB takes for granted: each
 * page is what the page above says, keys ascend within the bounds that the branches set, values lie
 * where they are said to lie, and everything adds up to what the meta page says.
 */

import type { TreeSummary } from './meta-pages.js'
import type { PageFile } from './page-file.js'
import type { TreeKeys } from './tree-keys.js'
import {
  childOf,
  keyAt,
  keyLengthOf,
  nodeAt,
  nodeCountOf,
  type OverflowRun,
  overflowOf,
  overflowProblem,
  PAGE_HEADER_BYTES,
  type PageDuty,
  pageProblem,
  transactionOf,
  valueLengthOf,
} from './tree-page.js'

/**
 * A tree to walk.
 *
 * @internal
 */
export interface TreeWalkOptions {
  readonly file: PageFile
  readonly tree: TreeSummary
  readonly keys: TreeKeys
  /** The transaction of the snapshot. */
  readonly transaction: number
  /** The fewest children that a branch of it may have. */
  readonly childCountMin: number
  /** Takes each value, valid during the call, and its page; without it values are not read. */
  readonly onValue?: (value: Buffer, page: number) => void
}

/** A page to visit, and the bounds of its keys: from `low` on, below `high`. */
interface Visit extends PageDuty {
  readonly low: Buffer | undefined
  readonly high: Buffer | undefined
}

interface ValueRun extends OverflowRun {
  readonly transactionMax: number
}

/**
 * Walks a tree.
 *
 * @throws `SLUICE_CORRUPT` for anything that is not as LMDB would have left it
 * @internal
 */
export async function walkTree(options: TreeWalkOptions): Promise<void> {
  await new TreeWalk(options).run()
}

class TreeWalk {
  readonly #options: TreeWalkOptions
  readonly #runs: ValueRun[] = []
  #branchPages = 0
  #leafPages = 0
  #overflowPages = 0
  #entries = 0

  constructor(options: TreeWalkOptions) {
    this.#options = options
  }

  async run(): Promise<void> {
    const { file, tree, transaction } = this.#options
    const { root, depth } = tree
    let level: Visit[] = []
    if (root !== undefined) level.push(this.#visit(root, depth - 1, transaction))
    for (let below = depth - 1; below >= 0 && level.length > 0; below--) {
      level = await this.#walkLevel(level, below)
    }
    await this.#checkRuns()
    const problem = this.#sumsProblem()
    if (problem === undefined) return
    throw file.damage(root ?? 0, `has a tree of ${problem}, which is not what was counted`)
  }

  #visit(page: number, below: number, transactionMax: number): Visit {
    const isBranch = below > 0
    const nodeCountMin = isBranch ? this.#options.childCountMin : 1
    return { page, isBranch, transactionMax, nodeCountMin, low: undefined, high: undefined }
  }

  async #walkLevel(level: Visit[], below: number): Promise<Visit[]> {
    const { file } = this.#options
    const next: Visit[] = []
    for (const { page } of level) file.use(page, 1)
    for await (const [bytes, visit] of file.read(level, () => file.pageBytes)) {
      const problem = pageProblem(bytes, visit) ?? this.#keysProblem(bytes, visit)
      if (problem !== undefined) throw file.damage(visit.page, problem)
      if (visit.isBranch) this.#takeBranch(bytes, visit, below - 1, next)
      else this.#takeLeaf(bytes, visit.page)
    }
    return next
  }

  /** The first node of a branch has no key: it stands for everything below the second one's. */
  #keysProblem(bytes: Buffer, { isBranch, low, high }: Visit): string | undefined {
    const { keys } = this.#options
    const nodeCount = nodeCountOf(bytes)
    let before = low
    let beforeAt = 0
    let isBound = true
    for (let i = isBranch ? 1 : 0; i < nodeCount; i++) {
      const node = nodeAt(bytes, i)
      const at = keyAt(node)
      if (!keys.isKey(bytes, at, keyLengthOf(bytes, node))) return `has node ${i} without a key`
      const order = before === undefined ? -1 : keys.compare(before, beforeAt, bytes, at)
      if (order > 0 || (order === 0 && (isBranch || !isBound))) return `has key ${i} out of order`
      before = bytes
      beforeAt = at
      isBound = false
    }
    if (isBound || high === undefined || before === undefined) return undefined
    return keys.compare(before, beforeAt, high, 0) < 0 ? undefined : 'has keys of the next page'
  }

  #takeBranch(bytes: Buffer, { low, high }: Visit, below: number, next: Visit[]): void {
    this.#branchPages += 1
    const transaction = transactionOf(bytes)
    const nodeCount = nodeCountOf(bytes)
    let from = low
    for (let i = 0; i < nodeCount; i++) {
      const to = i + 1 < nodeCount ? copyKey(bytes, nodeAt(bytes, i + 1)) : high
      const child = this.#visit(childOf(bytes, nodeAt(bytes, i)), below, transaction)
      next.push({ ...child, low: from, high: to })
      from = to
    }
  }

  #takeLeaf(bytes: Buffer, page: number): void {
    const { onValue, file } = this.#options
    this.#leafPages += 1
    const transactionMax = transactionOf(bytes)
    const nodeCount = nodeCountOf(bytes)
    this.#entries += nodeCount
    for (let i = 0; i < nodeCount; i++) {
      const node = nodeAt(bytes, i)
      const run = overflowOf(bytes, node)
      if (run === undefined) {
        const start = keyAt(node) + keyLengthOf(bytes, node)
        onValue?.(bytes.subarray(start, start + valueLengthOf(bytes, node)), page)
        continue
      }
      const expected = Math.ceil((PAGE_HEADER_BYTES + run.byteLength) / file.pageBytes)
      if (run.count !== expected) throw file.damage(page, `has value ${i} of a wrong length`)
      file.use(run.page, run.count)
      this.#overflowPages += run.count
      this.#runs.push({ ...run, transactionMax })
    }
  }

  async #checkRuns(): Promise<void> {
    const { file, onValue } = this.#options
    const byteLength = (run: ValueRun): number =>
      PAGE_HEADER_BYTES + (onValue === undefined ? 0 : run.byteLength)
    for await (const [bytes, run] of file.read(this.#runs, byteLength)) {
      const problem = overflowProblem(bytes, run, run.transactionMax)
      if (problem !== undefined) throw file.damage(run.page, problem)
      onValue?.(bytes.subarray(PAGE_HEADER_BYTES), run.page)
    }
  }

  #sumsProblem(): string | undefined {
    const { tree } = this.#options
    if (tree.root === undefined && tree.depth !== 0) return `depth ${tree.depth}`
    if (tree.entries !== this.#entries) return `${tree.entries} entries`
    if (tree.branchPages !== this.#branchPages) return `${tree.branchPages} branch pages`
    if (tree.leafPages !== this.#leafPages) return `${tree.leafPages} leaf pages`
    if (tree.overflowPages !== this.#overflowPages) return `${tree.overflowPages} overflow pages`
    return undefined
  }
}

function copyKey(bytes: Buffer, node: number): Buffer {
  const start = keyAt(node)
  return Buffer.from(bytes.subarray(start, start + keyLengthOf(bytes, node)))
}
