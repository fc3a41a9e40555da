export type {
  ArrayColumn,
  BooleanColumn,
  Column,
  ColumnsOf,
  MapColumn,
  NamedColumns,
  NumericColumn,
  SortColumn,
  StringColumn,
  StructColumn,
} from "./column.ts"
export type { CompareOptions, FrameDifference, RowDifference } from "./compare-frames.ts"
export type { Actions, BoundDataFrame, DataFrame, TypedFrame } from "./data-frame.ts"
export type { FrameErrorCode } from "./errors/frame-error.ts"
export { FrameError } from "./errors/frame-error.ts"
export type { FileReader, ParquetReadOptions } from "./file-readers.ts"
export { csvFiles, deltaTable, jsonFiles, orcFiles, parquetFiles } from "./file-readers.ts"
export type { FrameInput, FrameOutput, FrameType, PartitionColumns } from "./frame.ts"
export { frame } from "./frame.ts"
export { duckdbTypeText } from "./function/duckdb-type.ts"
export type { GroupedData, Groupings, PivotedData, PivotValue } from "./grouped-data.ts"
export type { LazyPlan, PartitionValues } from "./lazy-plan.ts"
export { mergeRows } from "./merge-rows.ts"
export type { Session, SessionOptions } from "./open-session.ts"
export { openSession } from "./open-session.ts"
export type { ColumnLineage, ColumnOrigin } from "./plan/column-lineage.ts"
export { columnLineage } from "./plan/column-lineage.ts"
export type { Expression } from "./plan/expression.ts"
export type { MappedRelation } from "./plan/map-batches.ts"
export { mappedRelations, replaceRelations } from "./plan/map-batches.ts"
export type { PlanJoin } from "./plan/plan-joins.ts"
export type { BatchMap, CsvOptions, Relation } from "./plan/relation.ts"
export { bottomUp } from "./plan/walk-relation.ts"
export { arrowTypeOf, dataTypeOf } from "./schema/arrow-type.ts"
export type { ColumnName, Columns, ColumnType, SchemaError } from "./schema/columns.ts"
export type { Column as SchemaColumn, DataType } from "./schema/data-type.ts"
export { requireStorable } from "./schema/require-storable.ts"
export type { InputValue, Row, RowInput, RowValue } from "./schema/row.ts"
export type { Schema } from "./schema/schema.ts"
export type { DecimalOf, Timestamp, TimestampNtz } from "./schema/t.ts"
export { t } from "./schema/t.ts"
export { dateText, instantText, wallClockText } from "./schema/temporal-text.ts"
export { typeName } from "./schema/type-name.ts"
export type { TypedColumn } from "./schema/type-rules.ts"
export { decimalText } from "./session/decimal-text.ts"
export type { Engine, EngineSession } from "./session/engine-session.ts"
export { firstCsvRecord } from "./session/first-csv-record.ts"
export {
  defaultFileMB,
  type ParquetFiles,
  type ParquetFilesOptions,
  writeNewFile,
  writeParquetFiles,
} from "./session/parquet-writer.ts"
export { rowsOf } from "./session/row-reader.ts"
export type { MapSession, RunMapsOptions } from "./session/run-maps.ts"
export { explainMaps, isMapped, mappedBatches, withoutMaps } from "./session/run-maps.ts"
export type { CompiledSql, CsvHeaders, FileFacts, StoredTypes } from "./sql/compile-sql.ts"
export { compileDuckdb, duckdbPrelude } from "./sql/compile-sql.ts"
export type { SparkLeaf } from "./sql/spark/compile-spark.ts"
export { compileSpark } from "./sql/spark/compile-spark.ts"
export { sparkTypeText } from "./sql/spark/spark-literal.ts"
export type { WindowBound, WindowSpec, WindowStart } from "./window.ts"
export { Window } from "./window.ts"
