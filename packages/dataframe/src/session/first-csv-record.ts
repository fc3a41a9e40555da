import type { CsvOptions } from "../plan/relation.ts"

/** The fields of the first line that is not empty; undefined when it does not end. */
export function firstCsvRecord(
  text: string,
  { delimiter = ",", quote = '"', escape: escaping = '"' }: CsvOptions,
): string[] | undefined {
  const fields: string[] = []
  let field = ""
  let quoted = false
  for (let i = /^[\r\n]*/.exec(text)?.[0].length ?? 0; i < text.length; i++) {
    const at = (token: string) => token !== "" && text.startsWith(token, i)
    if (quoted) {
      if (at(escaping) && text.startsWith(quote, i + escaping.length)) {
        field += quote
        i += escaping.length + quote.length - 1
      } else if (at(quote)) quoted = false
      else field += text[i]
    } else if (at(quote) && field === "") quoted = true
    else if (at(delimiter)) {
      fields.push(field)
      field = ""
      i += delimiter.length - 1
    } else if (at("\n") || at("\r")) return [...fields, field]
    else field += text[i]
  }
  return quoted ? undefined : [...fields, field]
}
