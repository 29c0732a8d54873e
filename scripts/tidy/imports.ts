/**
 * Reads who imports whom from the syntax trees. Type-only imports, re-exports and `import()` all
 * count.
 */
import { posix } from 'node:path'
import ts from 'typescript'
import { placeOf, type SourceFile, walk } from './source-file.js'

/**
 * One import. `target` is the repository path it leads to, or undefined where it leaves the
 * workspace.
 */
export type Import = {
  readonly from: string
  readonly place: string
  readonly specifier: string
  readonly target: string | undefined
  readonly typeOnly: boolean
}

/** Every import of every file. */
export function importsOf(files: readonly SourceFile[]): Import[] {
  const found: Import[] = []
  for (const file of files) {
    walk(file, (node) => {
      const specifier = specifierOf(node)
      if (specifier === undefined) return
      found.push({
        from: file.path,
        place: placeOf(file, node),
        specifier,
        target: targetOf(file.path, specifier),
        typeOnly: isTypeOnly(node),
      })
    })
  }
  return found
}

function specifierOf(node: ts.Node): string | undefined {
  let literal: ts.Node | undefined
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) literal = node.moduleSpecifier
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
    literal = node.argument.literal
  }
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    literal = node.arguments[0]
  }
  return literal !== undefined && ts.isStringLiteralLike(literal) ? literal.text : undefined
}

function isTypeOnly(node: ts.Node): boolean {
  if (ts.isImportTypeNode(node)) return true
  if (ts.isExportDeclaration(node)) {
    const clause = node.exportClause
    if (node.isTypeOnly || clause === undefined || !ts.isNamedExports(clause))
      return node.isTypeOnly
    return clause.elements.length > 0 && clause.elements.every((element) => element.isTypeOnly)
  }
  if (!ts.isImportDeclaration(node) || node.importClause === undefined) return false
  const { phaseModifier, namedBindings, name } = node.importClause
  if (phaseModifier === ts.SyntaxKind.TypeKeyword) return true
  if (name !== undefined || namedBindings === undefined || !ts.isNamedImports(namedBindings)) {
    return false
  }
  return namedBindings.elements.length > 0 && namedBindings.elements.every((e) => e.isTypeOnly)
}

function targetOf(from: string, specifier: string): string | undefined {
  if (specifier.startsWith('.')) {
    return posix.join(posix.dirname(from), specifier).replace(/\.([cm]?)js$/, '.$1ts')
  }
  const match = /^@sluice\/([a-z-]+)(?:\/(.+))?$/.exec(specifier)
  if (!match) return undefined
  return `packages/${match[1]}/src/${match[2] === undefined ? '' : `${match[2]}/`}index.ts`
}
