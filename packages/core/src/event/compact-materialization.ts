import type { ColumnStatistics } from "../engine/engine.ts"
import type { Materialization } from "../io/io-manager.ts"

/** What the row of an event tells of a materialization, so that its record need not. */
export interface ToldByEvent {
  readonly key: string
  readonly partitions: readonly string[]
  readonly runId: string
}

/** A column as a row: name, type, nulls, least and greatest value; what is unknown is null, or left off at the end. */
type ColumnRow = readonly [
  name: string,
  type: string,
  nullCount?: number | null,
  min?: string | null,
  max?: string | null,
]

/** A materialization as its event holds it: without what the event tells already. */
export interface CompactMaterialization
  extends Omit<Materialization, "key" | "partitions" | "runId" | "dataVersion" | "columns"> {
  readonly key?: string
  readonly partitions?: readonly string[]
  readonly runId?: string
  /** Left out when it is the fingerprint. */
  readonly dataVersion?: string
  /** Files of version 1 hold them as objects. */
  readonly columns?: readonly (ColumnRow | ColumnStatistics)[]
}

export function compactMaterialization(whole: Materialization, told: ToldByEvent): CompactMaterialization {
  const { key, partitions, runId, dataVersion, columns, ...rest } = whole
  const isSame =
    partitions.length === told.partitions.length && partitions.every((one, i) => one === told.partitions[i])
  return {
    ...rest,
    ...(key !== told.key && { key }),
    ...(!isSame && { partitions }),
    ...(runId !== told.runId && { runId }),
    ...(dataVersion !== rest.fingerprint && { dataVersion }),
    ...(columns && { columns: columns.map(columnRow) }),
  }
}

export function wholeMaterialization(compact: CompactMaterialization, told: ToldByEvent): Materialization {
  const { columns, ...rest } = compact
  const { key, partitions, runId } = told
  if (typeof rest.id !== "string" || typeof rest.fingerprint !== "string") throw new Error("A record is not whole.")
  return {
    key,
    partitions,
    runId,
    dataVersion: rest.fingerprint,
    ...rest,
    ...(columns && { columns: columns.map(one => (isRow(one) ? columnOf(one) : one)) }),
  }
}

function isRow(column: ColumnRow | ColumnStatistics): column is ColumnRow {
  return Array.isArray(column)
}

function columnRow({ name, type, nullCount, min, max }: ColumnStatistics): ColumnRow {
  const row = [name, type, nullCount ?? null, min ?? null, max ?? null] as const
  return row.slice(0, row.findLastIndex(value => value !== null) + 1) as unknown as ColumnRow // name and type are never null
}

function columnOf([name, type, nullCount, min, max]: ColumnRow): ColumnStatistics {
  return {
    name,
    type,
    ...(typeof nullCount === "number" && { nullCount }),
    ...(typeof min === "string" && { min }),
    ...(typeof max === "string" && { max }),
  }
}
