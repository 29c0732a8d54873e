/**
 * Rules about size: a reader should be able to hold a file, a function and a line in mind at once.
 */
import ts from 'typescript'
import { placeOf, type Rule, type SourceFile, walk } from './source-file.js'

const fileLinesMax = 300
const functionLinesMax = 70
const parametersMax = 4
const columnsMax = 100
const headerLinesMax = 12

/** No file is longer than 300 lines. */
export const filesAreShort: Rule = (files) =>
  files
    .filter((file) => file.lines.length > fileLinesMax)
    .map((file) => `${file.path}:${file.lines.length} lines, at most ${fileLinesMax}`)

/** No line is wider than 100 columns, but for a line that is one unbreakable address. */
export const linesAreNarrow: Rule = (files) =>
  files.flatMap((file) =>
    file.lines.flatMap((line, i) =>
      [...line].length > columnsMax && !/^\W*https?:\S+$/.test(line)
        ? [`${file.path}:${i + 1} ${[...line].length} columns, at most ${columnsMax}`]
        : [],
    ),
  )

/** A `describe` block groups tests and is no function to follow, so its callback has no size. */
function isDescribeCallback(node: ts.Node): boolean {
  const call = node.parent
  return ts.isCallExpression(call) && /^describe\b/.test(call.expression.getText())
}

/** No function is longer than 70 lines. */
export const functionsAreShort: Rule = (files) =>
  overFunctions(files, (file, node) => {
    if (!('body' in node) || !node.body || isDescribeCallback(node)) return undefined
    const lineCount = node.getText(file.tree).split('\n').length
    if (lineCount <= functionLinesMax) return undefined
    return `function of ${lineCount} lines, at most ${functionLinesMax}`
  })

/** No function, method or function type takes more than 4 parameters. */
export const parametersAreFew: Rule = (files) =>
  overFunctions(files, (_file, node) => {
    const count = node.parameters.length
    if (count <= parametersMax) return undefined
    return `${count} parameters, at most ${parametersMax}: take an options object`
  })

/** A module header says in at most 12 lines what the module is. */
export const headersAreShort: Rule = (files) =>
  files.flatMap((file) => {
    const lineCount = headerOf(file).split('\n').length
    if (lineCount <= headerLinesMax) return []
    return [`${file.path}:1 header of ${lineCount} lines, at most ${headerLinesMax}`]
  })

/**
 * The comment a file begins with: one block, or a run of `//` lines. Empty when it documents a
 * declaration.
 */
function headerOf(file: SourceFile): string {
  const text = file.text.replace(/^#!.*\n/, '').trimStart()
  const block = /^\/\*[\s\S]*?\*\//.exec(text)?.[0]
  if (block === undefined) return (/^(\/\/.*\n)+/.exec(text)?.[0] ?? '').trimEnd()
  const first = file.tree?.statements[0]
  const documentation = first === undefined ? [] : ts.getJSDocCommentsAndTags(first)
  const documentsFirst =
    first !== undefined &&
    !ts.isImportDeclaration(first) &&
    documentation.at(-1)?.getText() === block
  return documentsFirst ? '' : block
}

function overFunctions(
  files: readonly SourceFile[],
  judge: (file: SourceFile, node: ts.SignatureDeclaration) => string | undefined,
): string[] {
  const offences: string[] = []
  for (const file of files) {
    walk(file, (node) => {
      if (!ts.isFunctionLike(node)) return
      const offence = judge(file, node)
      if (offence !== undefined) offences.push(`${placeOf(file, node)} ${offence}`)
    })
  }
  return offences
}
