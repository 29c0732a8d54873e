/** The suites that every implementation of a seam must pass. */

export { type AllocatorFixture, type AllocatorSuiteOptions, allocatorSuite } from './allocator.js'
export { type KernelProviderSuiteOptions, kernelProviderSuite } from './kernel-provider.js'
export { type DistanceOracle, distanceOracle } from './kernel-provider-data.js'
export type { SuiteRunner } from './suite-runner.js'
export { type VectorStoreSuiteOptions, vectorStoreSuite } from './vector-store.js'
export type { VectorStoreFixture } from './vector-store-fixture.js'
export { walBackendSuite } from './wal-backend.js'
export { walContext } from './wal-context.js'
export type { WalFault } from './wal-fault.js'
export { faultyWal } from './wal-faults.js'
export { collect, type TestRecordOptions, testRecord, testRecords } from './wal-records.js'
export type { WalBackendSuiteOptions, WalSubject } from './wal-subject.js'
