/** Proof that each tidy rule flags what it is there to flag, and leaves good code alone. */
import { describe, expect, it } from 'vitest'
import { importsHaveNoCircle } from './circles.js'
import { exportsAreDocumented } from './documentation.js'
import { contractsImportTypes, packagesLookDown, roomsLookDown } from './layers.js'
import { namesAreKebabCase } from './names.js'
import {
  filesAreShort,
  functionsAreShort,
  headersAreShort,
  linesAreNarrow,
  parametersAreFew,
} from './sizes.js'
import { parseSource, type Rule } from './source-file.js'
import { wordsAreAllowed } from './words.js'

/** Runs a rule over files given as path -> text. */
function offences(rule: Rule, files: Readonly<Record<string, string>>): string[] {
  return rule(Object.entries(files).map(([path, text]) => parseSource(path, text)))
}

/** Runs a rule over one file of core. */
function offencesIn(rule: Rule, text: string, path = 'packages/core/src/a.ts'): string[] {
  return offences(rule, { [path]: text })
}

const lines = (count: number): string => '  f()\n'.repeat(count)

describe('size rules', () => {
  it('flags a file of 301 lines, and not one of 300', () => {
    expect(offencesIn(filesAreShort, lines(301))).toHaveLength(1)
    expect(offencesIn(filesAreShort, lines(300))).toEqual([])
  })

  it('flags a line of 101 columns, and not one of 100 or a long address', () => {
    expect(offencesIn(linesAreNarrow, `f()\n${'x'.repeat(101)}`)).toEqual([
      'packages/core/src/a.ts:2 101 columns, at most 100',
    ])
    expect(offencesIn(linesAreNarrow, 'x'.repeat(100))).toEqual([])
    expect(offencesIn(linesAreNarrow, ` * https://example.org/${'x'.repeat(101)}`)).toEqual([])
  })

  it('flags functions, methods and arrows of 71 lines, and not of 70', () => {
    expect(offencesIn(functionsAreShort, `function f() {\n${lines(69)}}`)).toHaveLength(1)
    expect(offencesIn(functionsAreShort, `class A {\n m() {\n${lines(69)}}\n}`)).toHaveLength(1)
    expect(offencesIn(functionsAreShort, `const f = () => {\n${lines(69)}}`)).toHaveLength(1)
    expect(offencesIn(functionsAreShort, `function f() {\n${lines(68)}}`)).toEqual([])
  })

  it('lets a describe block be long, and not a test inside it', () => {
    expect(offencesIn(functionsAreShort, `describe('a', () => {\n${lines(90)}})`)).toEqual([])
    expect(offencesIn(functionsAreShort, `it('a', () => {\n${lines(90)}})`)).toHaveLength(1)
  })

  it('flags five parameters of a function, a method signature and a function type', () => {
    expect(offencesIn(parametersAreFew, 'function f(a, b, c, d, e) {}')).toHaveLength(1)
    expect(offencesIn(parametersAreFew, 'interface A { m(a, b, c, d, e): void }')).toHaveLength(1)
    expect(offencesIn(parametersAreFew, 'type F = (a, b, c, d, e) => void')).toHaveLength(1)
    expect(offencesIn(parametersAreFew, 'function f(a, b, c, d) {}')).toEqual([])
  })

  it('flags a header of 13 lines, in blocks and in line comments', () => {
    const block = (count: number): string => `/**\n${' * a\n'.repeat(count - 2)} */\n`
    expect(offencesIn(headersAreShort, `${block(13)}import 'b'`)).toHaveLength(1)
    expect(offencesIn(headersAreShort, `${block(12)}import 'b'`)).toEqual([])
    expect(offencesIn(headersAreShort, `${'// a\n'.repeat(13)}import 'b'`)).toHaveLength(1)
    expect(offencesIn(headersAreShort, `${'// a\n'.repeat(12)}import 'b'`)).toEqual([])
    expect(offencesIn(headersAreShort, `${block(13)}\n/** B. */\nexport type B = 1`)).toHaveLength(
      1,
    )
  })

  it('does not take the documentation of the first declaration for a header', () => {
    expect(
      offencesIn(headersAreShort, `/**\n${' * a\n'.repeat(20)} */\nexport type B = 1`),
    ).toEqual([])
  })
})

describe('name rule', () => {
  it('flags a file and a folder that are not kebab-case', () => {
    expect(offencesIn(namesAreKebabCase, '', 'packages/core/src/idMap.ts')).toHaveLength(1)
    expect(offencesIn(namesAreKebabCase, '', 'packages/core/src/IdMap/a.ts')).toHaveLength(1)
    expect(offencesIn(namesAreKebabCase, '', 'packages/core/src/id_map.cc')).toHaveLength(1)
    expect(offencesIn(namesAreKebabCase, '', 'packages/core/test/wal/id-map.test.ts')).toEqual([])
  })
})

describe('package rule', () => {
  it('flags an import of a package above, types included', () => {
    expect(offencesIn(packagesLookDown, "import type { A } from '@sluice/wal-lmdb'")).toEqual([
      'packages/core/src/a.ts:1 core may not import wal-lmdb',
    ])
    expect(offencesIn(packagesLookDown, "await import('@sluice/simd-native')")).toHaveLength(1)
    expect(offencesIn(packagesLookDown, "import { A } from '@sluice/pool'")).toEqual([])
  })

  it('flags a path into another package', () => {
    expect(offencesIn(packagesLookDown, "import { A } from '../../pool/src/a.js'")).toHaveLength(1)
    expect(offencesIn(packagesLookDown, "import { A } from '../test/a.js'")).toHaveLength(1)
  })

  it('lets simd-native import types of core, and no values', () => {
    const path = 'packages/simd-native/src/a.ts'
    expect(offencesIn(packagesLookDown, "import { A } from '@sluice/core'", path)).toHaveLength(1)
    expect(offencesIn(packagesLookDown, "import type { A } from '@sluice/core'", path)).toEqual([])
    expect(offencesIn(packagesLookDown, "import { type A } from '@sluice/core'", path)).toEqual([])
  })
})

describe('room rules', () => {
  const importFrom = (from: string, to: string): string[] =>
    offencesIn(roomsLookDown, `import '${to}'`, `packages/core/src/${from}`)

  it('flags an import of a storey above, a neighbour, the door and the conformance suites', () => {
    expect(importFrom('wal/file-wal/a.ts', '../../segment/b.js')).toEqual([
      'packages/core/src/wal/file-wal/a.ts:1 wal may not import segment/b',
    ])
    expect(importFrom('ingest/a.ts', '../search/b.js')).toHaveLength(1)
    expect(importFrom('collection/a.ts', '../index.js')).toHaveLength(1)
    expect(importFrom('errors.ts', './kernels/a.js')).toHaveLength(1)
    expect(importFrom('wal/a.ts', '../conformance/index.js')).toHaveLength(1)
  })

  it('lets a room import itself and what is below', () => {
    expect(importFrom('collection/a.ts', './b.js')).toEqual([])
    expect(importFrom('collection/a.ts', '../wal/b.js')).toEqual([])
    expect(importFrom('wal/file-wal/a.ts', '../../errors.js')).toEqual([])
    expect(importFrom('open.ts', './database/a.js')).toEqual([])
    expect(importFrom('errors.ts', './contract/a.js')).toEqual([])
  })

  it('lets the conformance suites see contracts, words and the record codec alone', () => {
    expect(importFrom('conformance/wal/a.ts', '../../wal/record.js')).toEqual([])
    expect(importFrom('conformance/wal/a.ts', '../../wal/record/encode.js')).toEqual([])
    expect(importFrom('conformance/wal/a.ts', '../../wal/record-log.js')).toHaveLength(1)
    expect(importFrom('conformance/a.ts', '../contract/wal.js')).toEqual([])
    expect(importFrom('conformance/a.ts', '../wal/memory-wal.js')).toHaveLength(1)
  })

  it('flags a room that no table names', () => {
    expect(importFrom('attic/a.ts', '../errors.js')).toEqual([
      'packages/core/src/attic/a.ts:1 attic is in no table',
    ])
  })

  it('flags a contract that imports or re-exports a value', () => {
    const path = 'packages/core/src/contract/a.ts'
    expect(offencesIn(contractsImportTypes, "import { A } from '../errors.js'", path)).toHaveLength(
      1,
    )
    expect(offencesIn(contractsImportTypes, "export * from './b.js'", path)).toHaveLength(1)
    expect(offencesIn(contractsImportTypes, "import type { A } from '../dtype.js'", path)).toEqual(
      [],
    )
    expect(offencesIn(contractsImportTypes, "export type * from './b.js'", path)).toEqual([])
  })
})

describe('circle rule', () => {
  it('flags a circle of types, and tells it once', () => {
    const files = {
      'scripts/a.ts': "import type { B } from './b.js'",
      'scripts/b.ts': "export type { C } from './c.js'",
      'scripts/c.ts': "type A = import('./a.js').A",
    }
    expect(offences(importsHaveNoCircle, files)).toEqual([
      'scripts/a.ts -> scripts/b.ts -> scripts/c.ts -> scripts/a.ts',
    ])
  })

  it('flags a circle that goes through another package', () => {
    const files = {
      'packages/core/src/index.ts': "import { a } from '@sluice/pool'",
      'packages/pool/src/index.ts': "const a = await import('@sluice/core')",
    }
    expect(offences(importsHaveNoCircle, files)).toHaveLength(1)
  })

  it('allows two ways to the same file', () => {
    const files = {
      'packages/core/src/a.ts': "import './b.js'\nimport './c.js'",
      'packages/core/src/b.ts': "import './c.js'",
      'packages/core/src/c.ts': '',
    }
    expect(offences(importsHaveNoCircle, files)).toEqual([])
  })
})

describe('documentation rule', () => {
  it('flags an export without a comment, or with an empty or an ordinary one', () => {
    expect(offencesIn(exportsAreDocumented, 'export const a = 1')).toHaveLength(1)
    expect(offencesIn(exportsAreDocumented, '/** */\nexport type A = 1')).toHaveLength(1)
    expect(offencesIn(exportsAreDocumented, '// A.\nexport class A {}')).toHaveLength(1)
    expect(offencesIn(exportsAreDocumented, '/** @internal */\nexport class A {}')).toHaveLength(1)
  })

  it('allows documented exports, overloads, re-exports and what is not exported', () => {
    expect(offencesIn(exportsAreDocumented, '/** A. */\nexport const a = 1')).toEqual([])
    const overloads = '/** A. */\nexport function f(a: 1): 1\nexport function f(a: 2): 2 {}'
    expect(offencesIn(exportsAreDocumented, overloads)).toEqual([])
    expect(offencesIn(exportsAreDocumented, "export { a } from './a.js'\nconst b = 1")).toEqual([])
  })
})

describe('word rule', () => {
  it.each([
    '// TODO later',
    '// FIXME',
    '// XXX',
    '// HACK',
    '// @ts-ignore',
    '// biome-ignore lint: because',
    "it.only('a')",
    "describe.skip('a')",
    'console.log(1)',
    'try {} catch {}',
    'try {} catch (error) {\n}',
  ])('flags %j', (text) => {
    expect(offencesIn(wordsAreAllowed, text)).toHaveLength(1)
  })

  it('gives the line of a word, in C++ too', () => {
    expect(offencesIn(wordsAreAllowed, '\n// TODO', 'packages/a/native/b.cc')).toEqual([
      'packages/a/native/b.cc:2 "TODO": unfinished work belongs in an issue',
    ])
  })

  it('allows a catch that does something, and words that only resemble', () => {
    expect(offencesIn(wordsAreAllowed, 'try {} catch { f() }\nconst todoList = HACKED')).toEqual([])
  })
})
