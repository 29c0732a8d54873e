/**
 * Rules about what a source text may not say. This file names the words, so the rules leave the
 * folder it is in alone.
 */
import type { Rule } from './source-file.js'

const forbidden: readonly (readonly [RegExp, string])[] = [
  [/\b(TODO|FIXME|XXX|HACK)\b/, 'unfinished work belongs in an issue'],
  [/@ts-(ignore|nocheck)|biome-ignore/, 'a check may not be silenced'],
  [/\.(only|skip)\(/, 'every test runs'],
  [/\bconsole\.log\b/, 'a library does not print'],
  [/\bcatch\s*(\([^)]*\)\s*)?\{\s*\}/, 'an error may not be swallowed'],
]

/** No text holds a forbidden word. Matches may span lines. */
export const wordsAreAllowed: Rule = (files) =>
  files
    .filter((file) => !file.path.startsWith('scripts/tidy/'))
    .flatMap(({ path, text }) =>
      forbidden.flatMap(([pattern, reason]) =>
        [...text.matchAll(new RegExp(pattern, 'g'))].map((match) => {
          const line = text.slice(0, match.index).split('\n').length
          return `${path}:${line} "${match[0].replace(/\s+/g, ' ')}": ${reason}`
        }),
      ),
    )
