/** Rule about file names. */
import type { Rule } from './source-file.js'

const kebab = /^[a-z0-9]+(-[a-z0-9]+)*$/
const suffix = /(\.(test|config|d))?\.([cm]?[jt]s|cc|cpp|h|hpp)$/

/** Files and folders are named in kebab-case. */
export const namesAreKebabCase: Rule = (files) =>
  files.flatMap(({ path }) => {
    const wrong = path.split('/').find((part) => !kebab.test(part.replace(suffix, '')))
    return wrong === undefined ? [] : [`${path}:1 "${wrong}" is not kebab-case`]
  })
