import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import ts from 'typescript'

const SOURCE = fileURLToPath(new URL('../src', import.meta.url))

/** What a child process printed and how it ended. */
export interface ChildResult {
  readonly stdout: string
  readonly stderr: string
  readonly exitCode: number
}

/**
 * The package as plain JavaScript in a folder of its own, so that a test can run it in a child
 * process without a build.
 */
export class TranspiledPackage {
  readonly #directory = mkdtempSync(join(tmpdir(), 'sluice-pool-'))

  constructor() {
    for (const name of readdirSync(SOURCE, { recursive: true, encoding: 'utf8' })) {
      if (!name.endsWith('.ts')) continue
      const target = join(this.#directory, name.replace(/\.ts$/, '.js'))
      const { outputText } = ts.transpileModule(readFileSync(join(SOURCE, name), 'utf8'), {
        compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 },
      })
      mkdirSync(dirname(target), { recursive: true })
      writeFileSync(target, outputText)
    }
    writeFileSync(join(this.#directory, 'package.json'), '{ "type": "module" }')
  }

  /**
   * Runs a module in a child process; `SlabAllocator` is imported already.
   * @param source - body of the module
   * @param command - program and arguments to run the file with; the path comes last
   */
  async run(source: string, command: readonly string[] = [process.execPath]): Promise<ChildResult> {
    const path = join(this.#directory, 'main.js')
    const index = pathToFileURL(join(this.#directory, 'index.js')).href
    writeFileSync(path, `import { SlabAllocator } from '${index}'\n${source}`)
    const [program = '', ...args] = command
    try {
      const { stdout, stderr } = await promisify(execFile)(program, [...args, path])
      return { stdout, stderr, exitCode: 0 }
    } catch (error) {
      const { stdout, stderr, code } = error as ChildResult & { readonly code: number }
      return { stdout, stderr, exitCode: code }
    }
  }

  /** Deletes the folder. */
  remove(): void {
    rmSync(this.#directory, { recursive: true })
  }
}
