/**
 * The house style, enforced over every source file of the repository. Each failure lists the places
 * to mend.
 */
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { importsHaveNoCircle } from './tidy/circles.js'
import { exportsAreDocumented } from './tidy/documentation.js'
import { contractsImportTypes, packagesLookDown, roomsLookDown } from './tidy/layers.js'
import { namesAreKebabCase } from './tidy/names.js'
import {
  filesAreShort,
  functionsAreShort,
  headersAreShort,
  linesAreNarrow,
  parametersAreFew,
} from './tidy/sizes.js'
import { type Rule, readSources } from './tidy/source-file.js'
import { wordsAreAllowed } from './tidy/words.js'

const rules: Readonly<Record<string, Rule>> = {
  'files have at most 300 lines': filesAreShort,
  'lines have at most 100 columns': linesAreNarrow,
  'functions have at most 70 lines': functionsAreShort,
  'functions take at most 4 parameters': parametersAreFew,
  'module headers have at most 12 lines': headersAreShort,
  'names are kebab-case': namesAreKebabCase,
  'packages import only packages below them': packagesLookDown,
  'rooms of core import only rooms below them': roomsLookDown,
  'contracts import only types': contractsImportTypes,
  'imports make no circle': importsHaveNoCircle,
  'every export has a TSDoc comment': exportsAreDocumented,
  'no forbidden words': wordsAreAllowed,
}

describe('house style', () => {
  const files = readSources(fileURLToPath(new URL('..', import.meta.url)))

  it('sees the sources of every package', () => {
    const packages = new Set(files.map((file) => file.path.split('/').slice(0, 2).join('/')))
    for (const name of ['pool', 'core', 'wal-lmdb', 'simd-native', 'bench']) {
      expect(packages).toContain(`packages/${name}`)
    }
  })

  for (const [name, rule] of Object.entries(rules)) {
    it(name, () => {
      expect(rule(files)).toEqual([])
    })
  }
})
