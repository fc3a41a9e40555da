import { type SchemaColumn, sparkTypeText, typeName } from "@assets/dataframe"
import { quoteText } from "./spark-sql-text.ts"

/** Stands before what is raised of a value, so that it is known again. */
const mark = "assets: value of a source"

/** A value of a source that is none of its declared type. */
export interface WrongValue {
  readonly file: string
  readonly column: string
  readonly type: string
  readonly value: string
}

/** A text as the declared type; it raises, with the file, where it is none of it. */
export function checkedCast(text: string, { name, type }: SchemaColumn): string {
  if (type.kind === "string") return text
  const cast = `try_cast(${text} AS ${sparkTypeText(type)})`
  const told = `to_json(named_struct('file', input_file_name(), 'column', ${quoteText(name)}, 'type', ${quoteText(typeName(type))}, 'value', left(${text}, 200)))`
  return `IF(${text} IS NOT NULL AND ${cast} IS NULL, raise_error(concat(${quoteText(`${mark} `)}, ${told})), ${cast})`
}

/** What a check raised; undefined for other errors. */
export function wrongValue(message: string): WrongValue | undefined {
  const at = message.indexOf(`${mark} {`)
  if (at === -1) return undefined
  const [json = ""] = /^\{(?:[^"}]|"(?:[^"\\]|\\.)*")*\}/.exec(message.slice(at + mark.length + 1)) ?? []
  try {
    const told = JSON.parse(json) as WrongValue // what `checkedCast` made
    return { ...told, file: decodeURIComponent(told.file).replace(/^file:\/*/, "/") }
  } catch {
    return undefined
  }
}
