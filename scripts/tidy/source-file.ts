/**
 * A source file as the tidy rules see it: its path, its text and, for TypeScript and JavaScript,
 * its syntax tree.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import ts from 'typescript'

/** One file. `path` is relative to the repository root, with forward slashes. */
export type SourceFile = {
  readonly path: string
  readonly text: string
  readonly lines: readonly string[]
  /** Absent for C++. */
  readonly tree?: ts.SourceFile
}

/** A rule: takes every file, gives one line per offence, as `path:line what is wrong`. */
export type Rule = (files: readonly SourceFile[]) => string[]

const rootsRead = ['packages', 'examples', 'scripts']
const foldersSkipped = new Set(['node_modules', 'dist', 'build', 'golden', 'data'])
const hasTree = /\.[cm]?[jt]s$/
const isSource = /\.([cm]?[jt]s|cc|cpp|h|hpp)$/

/** Makes a {@link SourceFile} from a text, which is also how the rules are tested. */
export function parseSource(path: string, text: string): SourceFile {
  const lines = text.replace(/\n$/, '').split('\n')
  if (!hasTree.test(path)) return { path, text, lines }
  return { path, text, lines, tree: ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true) }
}

/** Reads every source file below a repository root, in the order of their paths. */
export function readSources(root: string): SourceFile[] {
  const files: SourceFile[] = []
  const visit = (folder: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const full = join(folder, entry.name)
      if (entry.isDirectory() && !foldersSkipped.has(entry.name)) visit(full)
      if (!entry.isFile() || !isSource.test(entry.name)) continue
      files.push(parseSource(relative(root, full).split(sep).join('/'), readFileSync(full, 'utf8')))
    }
  }
  for (const folder of rootsRead) visit(join(root, folder))
  return files.sort((a, b) => (a.path < b.path ? -1 : 1))
}

/** The `path:line` of a node, for a message. */
export function placeOf(file: SourceFile, node: ts.Node): string {
  const start = node.getStart(file.tree)
  return `${file.path}:${file.text.slice(0, start).split('\n').length}`
}

/** Calls `see` for every node of a file's tree, parents first. */
export function walk(file: SourceFile, see: (node: ts.Node) => void): void {
  const visit = (node: ts.Node): void => {
    see(node)
    ts.forEachChild(node, visit)
  }
  if (file.tree) visit(file.tree)
}

/** True for a file that ships: below some package's `src`. */
export function isShipped(file: SourceFile): boolean {
  return /^packages\/[^/]+\/src\//.test(file.path)
}
