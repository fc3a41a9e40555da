import { type DataType, type Schema, typeName } from "@assets/dataframe"
import { quoteName, quoteText } from "../spark-sql-text.ts"

/** Stands before what is raised of a value, so that it is known again. */
const mark = "assets: value that ORC cannot hold"

/**
 * The days that were left out when the Gregorian calendar began: ORC keeps what lies before in the Julian one, and gives
 * each of these back as the day after them.
 */
const lostDays = ["1582-10-05", "1582-10-14"] as const
const lostMicros = [-12_220_156_800_000_000n, -12_219_292_800_000_001n] as const
/** The last second before 1970, of which ORC gives parts back as parts of the first one after it. */
const secondBefore = [-999_999n, -1n] as const

/** A value that ORC would give back as another one. */
export interface LostValue {
  readonly column: string
  readonly type: string
  readonly value: string
}

/** A SELECT of the same rows, which raises where ORC would give a value back as another one. */
export function heldByOrc(sql: string, { columns }: Schema): string {
  const checked = columns.map(({ name, type }) => checkedColumn(quoteName(name), name, type))
  return checked.every((column, i) => column === quoteName(columns[i]?.name ?? ""))
    ? sql
    : `SELECT ${checked.join(", ")} FROM (${sql})`
}

/** What `heldByOrc` raised; undefined for other errors. */
export function lostValue(message: string): LostValue | undefined {
  const at = message.indexOf(`${mark} {`)
  if (at === -1) return undefined
  const [json = ""] = /^\{(?:[^"}]|"(?:[^"\\]|\\.)*")*\}/.exec(message.slice(at + mark.length + 1)) ?? []
  try {
    return JSON.parse(json) as LostValue // what `heldByOrc` made
  } catch {
    return undefined
  }
}

function checkedColumn(column: string, name: string, type: DataType): string {
  const lost = lostIn(column, type, 0)
  if (lost === undefined) return column
  const value = `left(CAST(${column} AS STRING), 200)`
  const told = `to_json(named_struct('column', ${quoteText(name)}, 'type', ${quoteText(typeName(type))}, 'value', ${value}))`
  return `IF(${lost}, raise_error(concat(${quoteText(`${mark} `)}, ${told})), ${column}) AS ${column}`
}

/** Whether a value, or one inside it, is lost, as a condition; undefined for types of which none is. */
function lostIn(value: string, type: DataType, depth: number): string | undefined {
  const inside = (values: string, element: DataType) => {
    const item = `item_${depth}`
    const lost = lostIn(item, element, depth + 1)
    return lost && `exists(${values}, ${item} -> ${lost})`
  }
  switch (type.kind) {
    case "date":
      return `${value} BETWEEN DATE'${lostDays[0]}' AND DATE'${lostDays[1]}'`
    case "timestamp": {
      const between = ([from, to]: readonly [bigint, bigint]) => `unix_micros(${value}) BETWEEN ${from}L AND ${to}L`
      return `(${between(lostMicros)} OR ${between(secondBefore)})`
    }
    case "array":
      return inside(value, type.element)
    case "map":
      return anyOf([inside(`map_keys(${value})`, type.key), inside(`map_values(${value})`, type.value)])
    case "struct":
      return anyOf(type.fields.map(field => lostIn(`${value}.${quoteName(field.name)}`, field.type, depth)))
    default:
      return undefined
  }
}

function anyOf(conditions: readonly (string | undefined)[]): string | undefined {
  const found = conditions.filter(condition => condition !== undefined)
  return found.length === 0 ? undefined : `(${found.join(" OR ")})`
}
