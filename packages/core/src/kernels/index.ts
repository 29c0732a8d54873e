/**
 * What authors of kernels need beside the contract: how codes lie in memory, and the signs of their
 * rotation. docs/codes.md says what the numbers mean.
 */

export {
  BLOCK_ROWS,
  type BlockLayout,
  blockLayoutOf,
  codeDimensionOf,
  codeElementsOf,
  NO_ROW,
} from '../code-layout.js'
export { rotationSigns } from '../rotation-signs.js'
