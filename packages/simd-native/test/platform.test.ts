import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { platformName } from '../src/platform.js'

const prefix = `${process.platform}-${process.arch}`
let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-platform-'))
})

afterAll(() => {
  rmSync(folder, { recursive: true })
})

/** A file as the linker would begin it, with a program interpreter. */
function executable(interpreter: string): string {
  const path = join(folder, 'node')
  writeFileSync(path, `\x7fELF${'\0'.repeat(788)}${interpreter}\0`)
  return path
}

describe('the name of the platform', () => {
  it.skipIf(process.platform === 'linux')('is system and architecture outside Linux', () => {
    expect(platformName()).toBe(prefix)
  })

  describe.skipIf(process.platform !== 'linux')('on Linux', () => {
    const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } }
    const actual = header.glibcVersionRuntime === undefined ? `${prefix}-musl` : `${prefix}-gnu`

    it('ends in the C library of this process', () => {
      expect(platformName()).toBe(actual)
    })

    it('is told by the dynamic linker', () => {
      expect(platformName(executable('/lib/ld-musl-x86_64.so.1'))).toBe(`${prefix}-musl`)
      expect(platformName(executable('/lib64/ld-linux-x86-64.so.2'))).toBe(`${prefix}-gnu`)
      expect(platformName(executable('/lib/ld-linux-aarch64.so.1'))).toBe(`${prefix}-gnu`)
    })

    it('is told by the report where the linker does not, or the file is gone', () => {
      expect(platformName(executable('/opt/loader'))).toBe(actual)
      expect(platformName(join(folder, 'replaced'))).toBe(actual)
    })
  })
})
