/** Rule about documentation: whatever leaves a module says what it is. */
import ts from 'typescript'
import { isShipped, placeOf, type Rule } from './source-file.js'

/**
 * Every export of a shipped file has a TSDoc comment with words in it. Re-exports are documented
 * where they are made.
 */
export const exportsAreDocumented: Rule = (files) =>
  files
    .filter(isShipped)
    .flatMap((file) =>
      (file.tree?.statements ?? [])
        .filter((statement) => isExported(statement) && !isDocumented(statement))
        .map((statement) => `${placeOf(file, statement)} export without a TSDoc comment`),
    )

function isExported(statement: ts.Statement): boolean {
  if (!ts.canHaveModifiers(statement)) return false
  return (ts.getModifiers(statement) ?? []).some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)
}

/** Overloads share the comment of whichever of them has one, as editors show it. */
function isDocumented(statement: ts.Statement): boolean {
  if (commentOf(statement) !== '') return true
  if (!ts.isFunctionDeclaration(statement)) return false
  const name = statement.name?.text
  return statement
    .getSourceFile()
    .statements.some(
      (other) =>
        ts.isFunctionDeclaration(other) && other.name?.text === name && commentOf(other) !== '',
    )
}

function commentOf(statement: ts.Statement): string {
  return ts
    .getJSDocCommentsAndTags(statement)
    .filter(ts.isJSDoc)
    .map((comment) => ts.getTextOfJSDocComment(comment.comment) ?? '')
    .join('')
    .trim()
}
