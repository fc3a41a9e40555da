import fc from "fast-check"
import type { GoldenTable, GoldenValue } from "../golden/golden-file.ts"

const { constantFrom, oneof, integer, bigInt, double, float, string, array, tuple } = fc
type Values = fc.Arbitrary<GoldenValue>

const number = (value: number): GoldenValue =>
  Object.is(value, -0) ? "-0.0" : Number.isFinite(value) ? value : String(value)

const integers = (bits: number): Values => {
  const most = 2n ** BigInt(bits - 1)
  const edges = constantFrom(-most, most - 1n, -1n, 0n, 1n, most / 2n)
  return oneof(edges, bigInt({ min: -most, max: most - 1n }), bigInt({ min: -20n, max: 20n })).map(value =>
    bits === 64 ? String(value) : Number(value),
  )
}

const fractions = [Number.NaN, -0, 0, Infinity, -Infinity, 0.5, -0.5, 1.5, 2.5, 0.1, 1e15, -1e-7, 123456.789]
const doubles: Values = oneof(
  constantFrom(...fractions, Number.MAX_VALUE, 5e-324, 2 ** 53, 1e308),
  integer({ min: -4000, max: 4000 }).map(n => n / 8),
  // Java before 19 writes some of the smallest with a digit too many.
  double({ min: -1e6, max: 1e6, noNaN: true }).filter(value => value === 0 || Math.abs(value) > 1e-300),
).map(number)
const floats: Values = oneof(
  constantFrom(...fractions, 3.4028234663852886e38, 1.401298464324817e-45, 16777216),
  float({ min: -1000, max: 1000, noNaN: true }),
).map(value => number(Math.fround(value)))

/** Texts, since their digits are more than a number has. */
const decimals = (precision: number, scale: number): Values => {
  const most = 10n ** BigInt(precision) - 1n
  const units = oneof(constantFrom(0n, 1n, -1n, most, -most, 5n, 50n, -150n), bigInt({ min: -most, max: most }))
  return units.map(value => {
    const digits = String(value < 0n ? -value : value).padStart(scale + 1, "0")
    const text = scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`
    return value < 0n ? `-${text}` : text
  })
}

const words = [
  ...[
    "",
    " ",
    "a",
    "A",
    "abc",
    "aBc dEf",
    " a b ",
    "ß",
    "ẞ",
    "é",
    "e\u0301",
    "İ",
    "ı",
    "ﬁ",
    "Ω",
    "日本",
    "👍🏽",
    "a😀b",
    "\u0000",
  ],
  ...[
    "%",
    "_",
    "a%",
    "\\",
    "a,b,,c",
    "a.b",
    "-",
    "+",
    "0",
    "1",
    "-1",
    "12",
    "1.5",
    "-0",
    "1e3",
    "NaN",
    "inf",
    "9223372036854775808",
  ],
  ...[" 7 ", "true", "F", "yes", "2024-02-29", "2023-02-29", "1500-01-01", "2024-1-2", "2024-03-31 02:30:00"],
  ...[
    "2024-10-27T02:30:00.123456Z",
    "2024-01-01 12:00:00+01:00",
    "12:34:56",
    '{"a": 1, "b": [1, 2]}',
    "[1,2]",
    "a=1;b=2",
    "\t\n",
  ],
]
const texts: Values = oneof(
  constantFrom(...words),
  string({ unit: constantFrom(..."aAbBzZ019 .,-ßé日😀"), maxLength: 8 }),
)

const day = 86_400_000
const iso = (ms: number) => new Date(ms).toISOString()
const times = oneof(
  constantFrom(
    ...["0001-01-01T00:00:00.000Z", "1582-10-04T23:59:59.999Z", "1582-10-15T00:00:00.000Z", "1883-11-18T17:00:00.000Z"],
    ...["1969-12-31T23:59:59.999Z", "1970-01-01T00:00:00.000Z", "2024-02-29T12:00:00.000Z", "9999-12-31T23:59:59.999Z"],
    ...["2024-03-31T00:59:59.999Z", "2024-03-31T01:00:00.000Z", "2024-03-31T02:30:00.000Z", "2024-10-27T00:30:00.000Z"],
    ...["2024-10-27T01:30:00.000Z", "2024-12-31T23:00:00.000Z", "2000-01-01T00:00:00.000Z", "1900-03-01T00:00:00.000Z"],
  ),
  integer({ min: -30_000, max: 40_000 }).map(days => iso(days * day)),
  integer({ min: -2_000_000_000, max: 4_000_000_000 }).map(seconds => iso(seconds * 1000 + 123)),
)
const dates: Values = times.map(text => text.slice(0, 10))
const instants: Values = tuple(times, constantFrom("", "456")).map(([text, more]) => `${text.slice(0, -1)}${more}Z`)
const wallClocks: Values = tuple(times, constantFrom("", "456")).map(([text, more]) => `${text.slice(0, -1)}${more}`)
const bytes: Values = oneof(
  constantFrom("", "00", "FF", "61", "C3A9", "F09F9880", "00FF41"),
  fc.uint8Array({ maxLength: 6 }).map(list => Buffer.from(list).toString("hex").toUpperCase()),
)

const sometimesNull = (values: Values): Values =>
  oneof({ weight: 8, arbitrary: values }, { weight: 1, arbitrary: fc.constant(null) })
const lists = (values: Values): Values => array(sometimesNull(values), { maxLength: 4 })
const small: Values = integer({ min: -3, max: 7 })

interface RandomColumn {
  readonly name: string
  readonly type: string
  readonly duckdbType: string
  readonly values: Values
}

const column = (name: string, type: string, duckdbType: string, values: Values): RandomColumn => ({
  ...{ name, type, duckdbType },
  values: sometimesNull(values),
})

/** Columns of each type; `n` holds small numbers, for what grows with a number. */
export const randomColumns: readonly RandomColumn[] = [
  column("n", "int", "INTEGER", small),
  column("b", "boolean", "BOOLEAN", fc.boolean()),
  column("i8", "tinyint", "TINYINT", integers(8)),
  column("i16", "smallint", "SMALLINT", integers(16)),
  column("i32", "int", "INTEGER", integers(32)),
  column("j32", "int", "INTEGER", integers(32)),
  column("i64", "bigint", "BIGINT", integers(64)),
  column("j64", "bigint", "BIGINT", integers(64)),
  column("f32", "float", "FLOAT", floats),
  column("f64", "double", "DOUBLE", doubles),
  column("g64", "double", "DOUBLE", doubles),
  column("d9", "decimal(9,2)", "DECIMAL(9,2)", decimals(9, 2)),
  column("d18", "decimal(18,6)", "DECIMAL(18,6)", decimals(18, 6)),
  column("d38", "decimal(38,10)", "DECIMAL(38,10)", decimals(38, 10)),
  column("d20", "decimal(20,0)", "DECIMAL(20,0)", decimals(20, 0)),
  column("s", "string", "VARCHAR", texts),
  column("u", "string", "VARCHAR", texts),
  column("bin", "binary", "BLOB", bytes),
  column("dt", "date", "DATE", dates),
  column("eu", "date", "DATE", dates),
  column("ts", "timestamp", "TIMESTAMP WITH TIME ZONE", instants),
  column("tu", "timestamp", "TIMESTAMP WITH TIME ZONE", instants),
  column("ntz", "timestamp_ntz", "TIMESTAMP", wallClocks),
  column("ai", "array<int>", "INTEGER[]", lists(small)),
  column("ad", "array<double>", "DOUBLE[]", lists(doubles)),
  column("as_", "array<string>", "VARCHAR[]", lists(constantFrom("", "a", "b", "ß"))),
  column(
    "m",
    "map<string,int>",
    "MAP(VARCHAR, INTEGER)",
    fc
      .uniqueArray(constantFrom("", "a", "b", "c"), { maxLength: 3 })
      .chain(keys =>
        tuple(...keys.map(() => sometimesNull(small))).map(values => keys.map((key, i) => [key, values[i] ?? null])),
      ),
  ),
  column(
    "st",
    "struct<x:int,y:string>",
    "STRUCT(x INTEGER, y VARCHAR)",
    tuple(sometimesNull(small), sometimesNull(texts)),
  ),
]

/** A table of random rows, half of whose values are those at the edges of their types. */
export function randomTable(rows: number, seed: number): GoldenTable {
  const values = fc.sample(tuple(...randomColumns.map(one => one.values)), { numRuns: rows, seed })
  return {
    columns: randomColumns.map(({ name, type, duckdbType }) => ({ name, type, duckdbType })),
    rows: values.map((row, key) => ({ key, values: row })),
  }
}
