import {
  DuckDBArrayType,
  DuckDBDecimalType,
  DuckDBListType,
  DuckDBMapType,
  DuckDBStructType,
  type DuckDBType,
  DuckDBTypeId,
} from "@duckdb/node-api"
import * as arrow from "apache-arrow"

const { MICROSECOND } = arrow.TimeUnit

/** What DuckDB's Arrow export gives for each of its types; the zone of an instant is UTC, whatever the session's is. */
const scalars = new Map<DuckDBTypeId, arrow.DataType>([
  [DuckDBTypeId.BOOLEAN, new arrow.Bool()],
  [DuckDBTypeId.TINYINT, new arrow.Int8()],
  [DuckDBTypeId.SMALLINT, new arrow.Int16()],
  [DuckDBTypeId.INTEGER, new arrow.Int32()],
  [DuckDBTypeId.BIGINT, new arrow.Int64()],
  [DuckDBTypeId.UTINYINT, new arrow.Uint8()],
  [DuckDBTypeId.USMALLINT, new arrow.Uint16()],
  [DuckDBTypeId.UINTEGER, new arrow.Uint32()],
  [DuckDBTypeId.UBIGINT, new arrow.Uint64()],
  [DuckDBTypeId.FLOAT, new arrow.Float32()],
  [DuckDBTypeId.DOUBLE, new arrow.Float64()],
  [DuckDBTypeId.VARCHAR, new arrow.Utf8()],
  [DuckDBTypeId.BLOB, new arrow.Binary()],
  [DuckDBTypeId.DATE, new arrow.DateDay()],
  [DuckDBTypeId.TIMESTAMP, new arrow.Timestamp(MICROSECOND)],
  [DuckDBTypeId.TIMESTAMP_TZ, new arrow.Timestamp(MICROSECOND, "UTC")],
])

/** The Arrow type of a type that DuckDB told of itself; it knows nothing of the plan. */
export function engineArrowType(type: DuckDBType): arrow.DataType {
  if (type instanceof DuckDBDecimalType) return new arrow.Decimal(type.scale, type.width, 128)
  if (type instanceof DuckDBListType) return new arrow.List(field("element", type.valueType))
  if (type instanceof DuckDBArrayType) return new arrow.FixedSizeList(type.length, field("element", type.valueType))
  if (type instanceof DuckDBStructType) return structOf(type.entryNames, type.entryTypes)
  if (type instanceof DuckDBMapType) {
    const entries = structOf(["key", "value"], [type.keyType, type.valueType])
    return new arrow.Map_(new arrow.Field("entries", entries as never)) // Map_ wants its fields' types, known at run time
  }
  const scalar = scalars.get(type.typeId)
  if (!scalar) throw new Error(`No Arrow type is known for DuckDB's ${type}.`)
  return scalar
}

function field(name: string, type: DuckDBType): arrow.Field {
  return new arrow.Field(name, engineArrowType(type), true)
}

function structOf(names: readonly string[], types: readonly DuckDBType[]): arrow.Struct {
  return new arrow.Struct(types.map((type, i) => field(names[i] ?? "", type)))
}
