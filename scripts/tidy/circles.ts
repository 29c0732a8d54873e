/**
 * Rule against import circles, type-only imports included: two files that need each other are one
 * file, or three.
 */
import { importsOf } from './imports.js'
import type { Rule } from './source-file.js'

/**
 * No file reaches itself through imports. Each circle is told once, beginning with its first file
 * by name.
 */
export const importsHaveNoCircle: Rule = (files) => {
  const targets = new Map<string, string[]>(files.map((file) => [file.path, []]))
  for (const { from, target } of importsOf(files)) {
    if (target !== undefined && targets.has(target)) targets.get(from)?.push(target)
  }
  const finished = new Set<string>()
  const trail: string[] = []
  const circles = new Set<string>()
  const visit = (path: string): void => {
    const start = trail.indexOf(path)
    if (start >= 0) circles.add(describeCircle(trail.slice(start)))
    if (start >= 0 || finished.has(path)) return
    trail.push(path)
    for (const target of targets.get(path) ?? []) visit(target)
    trail.pop()
    finished.add(path)
  }
  for (const file of files) visit(file.path)
  return [...circles]
}

function describeCircle(circle: readonly string[]): string {
  const first = [...circle].sort()[0] ?? ''
  const at = circle.indexOf(first)
  return `${[...circle.slice(at), ...circle.slice(0, at), first].join(' -> ')}`
}
