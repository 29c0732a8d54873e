/**
 * Which kernels run, decided once when a database opens: the caller's, else the native ones where
 * they are installed and load, else the scalar ones. Never throws for want of a native binary;
 * `info.reason` says what happened.
 */

import type { KernelProvider } from '../contract/kernel-provider.js'
import { createScalarKernels } from './scalar/scalar-kernels.js'

const NATIVE_PACKAGE = '@sluice/simd-native'
/** `scalar` forces the scalar kernels; other values are for the native package to judge. */
const OVERRIDE_VARIABLE = 'SLUICE_SIMD'

/** What {@link NATIVE_PACKAGE} exports, as far as it matters here. */
interface NativeModule {
  readonly createNativeKernels: (fallback: KernelProvider) => KernelProvider
}

/**
 * Resolves the `kernels` option.
 *
 * @param choice - a provider to use as it is, or `auto`
 * @returns the provider; never rejects
 * @internal
 */
export async function selectKernels(choice: 'auto' | KernelProvider): Promise<KernelProvider> {
  if (choice !== 'auto') return choice
  if (process.env[OVERRIDE_VARIABLE] === 'scalar') {
    return createScalarKernels(`${OVERRIDE_VARIABLE}=scalar`)
  }
  return selectNative(() => import(/* @vite-ignore */ NATIVE_PACKAGE))
}

/**
 * The native kernels, or the scalar ones with the reason why not.
 *
 * @param load - imports the native package
 * @returns the provider; never rejects
 * @internal
 */
export async function selectNative(load: () => Promise<unknown>): Promise<KernelProvider> {
  try {
    const module = await load()
    if (!isNativeModule(module)) throw new Error('it does not export createNativeKernels')
    return module.createNativeKernels(createScalarKernels('what the native kernels leave out'))
  } catch (error) {
    return createScalarKernels(reasonOf(error))
  }
}

function isNativeModule(module: unknown): module is NativeModule {
  return (
    typeof module === 'object' &&
    module !== null &&
    'createNativeKernels' in module &&
    typeof module.createNativeKernels === 'function'
  )
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return `${NATIVE_PACKAGE} failed to load`
  const missing = 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND'
  if (missing && error.message.includes(NATIVE_PACKAGE)) return `${NATIVE_PACKAGE} is not installed`
  return `${NATIVE_PACKAGE}: ${error.message}`
}
