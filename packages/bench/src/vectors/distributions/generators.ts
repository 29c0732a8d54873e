/** The generators of vectors that can be asked for by name. */

import type { DistributionFactory } from '../generate.js'
import { Anisotropic } from './anisotropic.js'
import { Clusters } from './clusters.js'
import { Manifold } from './manifold.js'
import { Mixtures } from './mixtures.js'
import { Uniform } from './uniform.js'

/**
 * The generators that need nothing but a seed.
 *
 * @internal
 */
export const SEEDED_GENERATORS = [
  'clustered',
  'hard',
  'manifold',
  'anisotropic',
  'sorted',
  'uniform',
] as const

/**
 * The name of one of them.
 *
 * @internal
 */
export type SeededGenerator = (typeof SEEDED_GENERATORS)[number]

/**
 * What they make.
 *
 * @internal
 */
export const DISTRIBUTIONS: Readonly<Record<SeededGenerator, DistributionFactory>> = {
  clustered: (shape) => new Clusters(shape, 'random'),
  hard: (shape) => new Mixtures(shape),
  manifold: (shape) => new Manifold(shape),
  anisotropic: (shape) => new Anisotropic(shape),
  sorted: (shape) => new Clusters(shape, 'sorted'),
  uniform: (shape) => new Uniform(shape),
}
