export type { RunLog } from "../event/run-log.ts"
export { memoryIO } from "../io/memory-io-manager.ts"
export type { FaultPoint } from "../util/fault-point.ts"
export { setFaultHook } from "../util/fault-point.ts"
export type { ConformanceResult } from "./conformance-table.ts"
export { conformanceTable } from "./conformance-table.ts"
export type { EventLogCase, EventLogFixture } from "./event-log-conformance.ts"
export { eventLogConformance } from "./event-log-conformance.ts"
export type { OutputRequest } from "./io-context.ts"
export { ioContext, nextWriteId, outputContext } from "./io-context.ts"
export type {
  ConformanceRow,
  ConformanceTable,
  ConformanceTables,
  ElsewhereWrite,
  IOManagerFixture,
} from "./io-manager/fixture.ts"
export type { ConformanceCase, ConformanceNeed, ConformanceOutcome } from "./io-manager/storage-case.ts"
export { ioManagerConformance } from "./io-manager-conformance.ts"
