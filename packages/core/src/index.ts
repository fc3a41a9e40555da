// Registers itself for packages that do not know this one.
import "./environment-engine.ts"

export type { Advice, RuleFinding } from "./advice/advice.ts"
export type { Measurement } from "./advice/asset-facts.ts"
export type { AdvisedPlan, AdviseOptions, AssetAdvice } from "./advise.ts"
export { advise } from "./advise.ts"
export type {
  Asset,
  AssetDescription,
  AssetFunction,
  AssetOptions,
  AssetSettings,
  BoundInputs,
  ComputeContext,
  Dependable,
  Dependencies,
  Dependency,
  LazyInputs,
  TransformContext,
} from "./asset/asset.ts"
export { asset } from "./asset/asset.ts"
export { AssetGraph } from "./asset/asset-graph.ts"
export type { SelectableStatus, SelectionContext, SelectionNeeds } from "./asset/asset-selection.ts"
export { selectionNeeds } from "./asset/asset-selection.ts"
export type { AcceptedOutputs, AssetsOptions, LazyOutputs, OutputOptions, Outputs } from "./asset/assets.ts"
export { assets } from "./asset/assets.ts"
export type { DependencyOptions } from "./asset/dependency.ts"
export { dep } from "./asset/dependency.ts"
export type { RetryPolicy } from "./asset/retry-policy.ts"
export type { Source, SourceOptions, SourceReader } from "./asset/source.ts"
export { source } from "./asset/source.ts"
export type { UpstreamPartitions } from "./asset/upstream-partitions.ts"
export { mappingOf, upstreamPartitions } from "./asset/upstream-partitions.ts"
export { assetPlaces } from "./asset-places.ts"
export type { CancelledRun, CancelRunOptions } from "./cancel-run.ts"
export { cancelRun } from "./cancel-run.ts"
export type { Check, CheckResult, Severity } from "./check/asset-check.ts"
export type { CheckedPartition, CheckRunOptions, ChecksRun } from "./check-assets.ts"
export { check } from "./check-assets.ts"
export type { Declared } from "./collect-declarations.ts"
export { collectDeclarations } from "./collect-declarations.ts"
export type { CollectOptions, Garbage } from "./collect-garbage.ts"
export { collectGarbage } from "./collect-garbage.ts"
export type { LineageColumn } from "./column-lineage.ts"
export { columnLineage } from "./column-lineage.ts"
export type { AssetsCopy, CopiedPartition, CopyOptions } from "./copy-assets.ts"
export { copyAssets } from "./copy-assets.ts"
export { faultsError } from "./definition-faults.ts"
export type { Declarations, Definitions, DefinitionsOptions } from "./definitions.ts"
export { definitions } from "./definitions.ts"
export type { DeleteRunsOptions } from "./delete-runs.ts"
export { deleteRuns } from "./delete-runs.ts"
export type { AssetsDiff, DiffOptions, PartitionDiff } from "./diff-assets.ts"
export { diff } from "./diff-assets.ts"
export type { DoctorOptions } from "./doctor.ts"
export { doctor, findingOf } from "./doctor.ts"
export type { DoctorFinding } from "./doctor-machine.ts"
export type { DynamicKeysOptions } from "./dynamic-partition-keys.ts"
export { addPartitionKeys, removePartitionKeys } from "./dynamic-partition-keys.ts"
export type {
  ColumnStatistics,
  Engine,
  EngineContext,
  EngineSession,
  ExportTarget,
  Finding,
  Layout,
  Progress,
  QueryBatch,
  QueryViews,
  RecordBatch,
  Relation,
  Schema,
  SchemaColumn,
  Target,
  WriteOptions,
  WriteResult,
  WriteUsage,
  WrittenFile,
} from "./engine/engine.ts"
export type {
  EnvironmentDescription,
  EnvironmentDifference,
  EnvironmentSetting,
} from "./environment/describe-environment.ts"
export { describeEnvironment, diffEnvironments } from "./environment/describe-environment.ts"
export type { EnvironmentConfig, ProjectConfig } from "./environment/environment.ts"
export { defineConfig } from "./environment/environment.ts"
export { configFaults } from "./environment/environment-faults.ts"
export { inMemory } from "./environment/in-memory.ts"
export type { Resource, ResourceContext, ResourceOptions } from "./environment/resource.ts"
export { resource } from "./environment/resource.ts"
export type { ScratchFolder } from "./environment/scratch-folder.ts"
export { makeScratchFolder, staleScratchFolders } from "./environment/scratch-folder.ts"
export type { ErrorText, SourceLocation } from "./errors/assets-error.ts"
export {
  AssetsError,
  CancelledError,
  CheckError,
  ConfigError,
  DefinitionError,
  EngineError,
  StorageError,
  UserCodeError,
} from "./errors/assets-error.ts"
export type { ErrorCode } from "./errors/error-code.ts"
export { stackFrames } from "./errors/stack-frames.ts"
export type { AssetsEvent, EventType, NewEvent } from "./event/event.ts"
export type {
  EventLog,
  EventQuery,
  LatestMaterialization,
  RunCounts,
  RunQuery,
  RunRecord,
  RunStatus,
  StepQuery,
  StepRecord,
  StepStatus,
} from "./event/event-log.ts"
export { findRun } from "./event/find-run.ts"
export { isApplied } from "./io/applied-work.ts"
export { confirmColumnNames } from "./io/confirm-column-names.ts"
export { compressionFault, confirmLayout } from "./io/confirm-layout.ts"
export type {
  Adoption,
  AssetContext,
  CollectContext,
  Collected,
  Current,
  EngineReference,
  InputContext,
  IOContext,
  IOManager,
  Materialization,
  MeasuredUsage,
  OutputContext,
  Publication,
  PublishContext,
  Refusal,
  WriteMode,
  Written,
} from "./io/io-manager.ts"
export { fileFailure, isMissingFile, storageConflict } from "./io/storage-failure.ts"
export type { StoreTable, TableOutput } from "./io/version-folder.ts"
export { readStored, VersionFolder } from "./io/version-folder.ts"
export { onWaiting } from "./io/wait-listener.ts"
export type { MaterializeOptions, Run, RunningRun, RunStep } from "./materialize.ts"
export { materialize, plan } from "./materialize.ts"
export { confirmConditionalWrites } from "./object-store/confirm-conditional-writes.ts"
export { gcsEmulator } from "./object-store/gcs-access.ts"
export type { ObjectRange, ObjectStore, PutCondition, StoredObject } from "./object-store/object-store.ts"
export { objectStoreAt } from "./object-store/object-store-at.ts"
export type { ObjectStoreFault } from "./object-store/object-store-failure.ts"
export { objectStoreFailure } from "./object-store/object-store-failure.ts"
export {
  isBucketUrl,
  isGcsUrl,
  isHdfsUrl,
  isObjectUrl,
  isS3Url,
  joinObjectUrl,
  relativeObjectUrl,
} from "./object-store/object-url.ts"
export type { S3Access } from "./object-store/s3-access.ts"
export { s3Access, s3Endpoint, s3Region } from "./object-store/s3-access.ts"
export { objectStore } from "./object-store/s3-store.ts"
export { openEventLog } from "./open-event-log.ts"
export type { DimensionMapping } from "./partition/dimension-mapping.ts"
export { byDimension } from "./partition/dimension-mapping.ts"
export { dynamicPartitions } from "./partition/dynamic-partitions.ts"
export { allPartitions, identity, lastPartition, specificPartitions, staticMapping } from "./partition/key-mappings.ts"
export { multi } from "./partition/multi-partitions.ts"
export type { MissingOptions, PartitionMapping } from "./partition/partition-mapping.ts"
export type { PartitionContext, Partitions, TimeWindow } from "./partition/partitions.ts"
export type {
  CronOptions,
  DailyOptions,
  HourlyOptions,
  MonthlyOptions,
  TimePartitionOptions,
  WeeklyOptions,
} from "./partition/periods.ts"
export { cron, daily, hourly, monthly, weekly } from "./partition/periods.ts"
export type { StaticPartitionOptions } from "./partition/static-partitions.ts"
export { staticPartitions } from "./partition/static-partitions.ts"
export type { OverlapOptions } from "./partition/time-mappings.ts"
export { lastN, overlapping } from "./partition/time-mappings.ts"
export type { ExecutionPlan, PlanStep, PlanWarning, Reason } from "./plan/execution-plan.ts"
export type { ExplainedPlan, ExplainOptions } from "./plan/explain-plan.ts"
export { explainPlan, explainPlanAsJson, explainReasons } from "./plan/explain-plan.ts"
export { thrownBy } from "./plan/user-code.ts"
export type { PlanOptions } from "./plan-work.ts"
export type { PromotedPartition, PromoteOptions, Promotion } from "./promote.ts"
export { promote } from "./promote.ts"
export type { Reindexed, ReindexOptions } from "./reindex.ts"
export { reindex } from "./reindex.ts"
export type { ReportOptions } from "./report-materialization.ts"
export { reportMaterialization } from "./report-materialization.ts"
export type { RetriedRun } from "./retry-run.ts"
export { retriedRun } from "./retry-run.ts"
export type { StepLog } from "./run/step-log.ts"
export type { Schedule, ScheduleOptions } from "./schedule/schedule.ts"
export { schedule } from "./schedule/schedule.ts"
export type { RunRequest, Sensor, SensorContext, SensorOptions, SensorResult } from "./schedule/sensor.ts"
export { sensor } from "./schedule/sensor.ts"
export type { StatusOptions } from "./status.ts"
export { status } from "./status.ts"
export type { AssetStatus } from "./status-of.ts"
export type { AssetStatusRange } from "./status-ranges.ts"
export { statusRanges } from "./status-ranges.ts"
export type { StoredData, StoredDataOptions } from "./stored-data.ts"
export { openStoredData } from "./stored-data.ts"
export type { VerifiedPartition } from "./transfer/compare-sides.ts"
export { cacheFolder } from "./util/cache-folder.ts"
export type { Clock } from "./util/clock.ts"
export type { FaultPoint } from "./util/fault-point.ts"
export { faultPoint } from "./util/fault-point.ts"
export { formatBytes } from "./util/format-bytes.ts"
export type { Json } from "./util/json.ts"
export { mapAtOnce } from "./util/map-at-once.ts"
export type { ProcessIdentity } from "./util/process-identity.ts"
export { isKnownDead, isRunning, ownIdentity } from "./util/process-identity.ts"
export { removeEmptyFolders } from "./util/remove-empty-folders.ts"
export { maskJson, maskSecrets } from "./util/secret-mask.ts"
export { startingWith } from "./util/starting-with.ts"
export { syncToDisk } from "./util/sync-to-disk.ts"
export type { CompareOptions, Difference, RowDifference } from "./value/difference.ts"
export type { JsonValue } from "./value/json-value.ts"
export { json } from "./value/json-value.ts"
export type { NothingValue } from "./value/nothing-value.ts"
export { nothing } from "./value/nothing-value.ts"
export type {
  AcceptsOf,
  AnyValueType,
  BoundOf,
  CheckedOf,
  ColumnOrigin,
  LazyOf,
  LazyValue,
  OutputValue,
  PartitionOf,
  PartitionParameters,
  PlanColumnLineage,
  PlanJoin,
  Stability,
  StoredValue,
  ValueType,
} from "./value/value-type.ts"
export type { AssetsVerification, VerifiedRun, VerifyOptions } from "./verify-assets.ts"
export { verify } from "./verify-assets.ts"
