export type { ConformanceCase, ConformanceRow, IOManagerFixture } from "./io-manager-conformance.ts"
export { ioManagerConformance } from "./io-manager-conformance.ts"
