/** Asking the dictionary and printing what it says. */
import { type Dictionary, type Embedded, entryOf, vectorOfQuestion } from './dictionary.js'
import { bold, clip, dim, green, PAGE_COLUMNS, print } from './terminal.js'

const INDENT = '    '
const SCORE_COLUMNS = 6
const WORDS_COLUMNS = 24
const GUTTER = '  '

/** Asks a question and prints the entries nearest in meaning, best first. */
export async function printAnswers(
  dictionary: Dictionary,
  questions: Embedded<string>,
  question: string,
  k = 3,
): Promise<void> {
  const hits = await dictionary.search({ vector: vectorOfQuestion(questions, question), k })
  print(`${INDENT}${bold(`“${question}”`)}`)
  for (const hit of hits) {
    const { words, definition } = entryOf(hit).metadata
    const columns = PAGE_COLUMNS - INDENT.length - SCORE_COLUMNS - WORDS_COLUMNS - GUTTER.length
    const score = dim(hit.score.toFixed(2).padEnd(SCORE_COLUMNS))
    const cells = [
      green(clip(words.join(', '), WORDS_COLUMNS)),
      clip(definition, columns).trimEnd(),
    ]
    print(`${INDENT}${score}${cells.join(GUTTER)}`)
  }
}
