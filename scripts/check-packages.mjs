/**
 * Packs every published package exactly as a release would, then lets publint and attw judge the
 * tarball. Expects a build; packages of one binary are checked where they are staged. It must not
 * know what is inside a package: its manifest alone says whether it is published and has types to
 * judge.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const bin = join(root, 'node_modules', '.bin')

/** Runs a command, shows what it said, and tells whether it succeeded. */
function succeeds(command, argv, cwd = root) {
  const { status, stdout, stderr, error } = spawnSync(command, argv, { cwd, encoding: 'utf8' })
  if (error) throw error
  if (status !== 0) process.stderr.write(`${command} ${argv.join(' ')}\n${stdout}${stderr}\n`)
  return status === 0
}

/** Packs one package into a folder of its own and checks the tarball. */
function checkPackage(folder, manifest) {
  const out = mkdtempSync(join(tmpdir(), 'sluice-pack-'))
  try {
    if (!succeeds('pnpm', ['pack', '--pack-destination', out], folder)) return false
    const tarball = join(out, readdirSync(out)[0])
    const published = succeeds(join(bin, 'publint'), ['run', tarball, '--strict'])
    const typed =
      manifest.exports?.['.'] === undefined ||
      succeeds(join(bin, 'attw'), [tarball, '--profile', 'esm-only', '--no-emoji'])
    return published && typed
  } finally {
    rmSync(out, { recursive: true })
  }
}

/** The folders of all packages. */
function listFolders() {
  const parents = ['packages', 'packages/simd-native/npm'].map((name) => join(root, name))
  return parents
    .filter((parent) => existsSync(parent))
    .flatMap((parent) => readdirSync(parent).map((name) => join(parent, name)))
    .sort()
}

let failed = 0
for (const folder of listFolders()) {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  if (manifest.private) continue
  const good = checkPackage(folder, manifest)
  if (!good) failed += 1
  process.stdout.write(`${good ? 'ok    ' : 'failed'} ${manifest.name}\n`)
}
process.exitCode = failed === 0 ? 0 : 1
