/** SQL text that is safe to put into other SQL. Made only here. */
export class Sql {
  readonly text: string

  private constructor(text: string) {
    this.text = text
  }

  /** Only for this file: text from outside becomes SQL by `identifier` or `textLiteral`. */
  static of(text: string): Sql {
    return new Sql(text)
  }
}

type Part = Sql | readonly Sql[] | number

/** Joins SQL: an array becomes a list with commas, a whole number its digits. */
export function sql(strings: TemplateStringsArray, ...parts: readonly Part[]): Sql {
  let text = strings[0] ?? ""
  for (const [i, part] of parts.entries()) text += partText(part) + (strings[i + 1] ?? "")
  return Sql.of(text)
}

function partText(part: Part): string {
  if (part instanceof Sql) return part.text
  if (typeof part !== "number") return part.map(p => p.text).join(", ")
  if (!Number.isSafeInteger(part)) throw new Error(`${part} is not a whole number. Please report this.`)
  return String(part)
}

export function join(fragments: readonly Sql[], separator: Sql): Sql {
  return Sql.of(fragments.map(f => f.text).join(separator.text))
}

/** A name between double quotes. */
export function identifier(name: string): Sql {
  return Sql.of(`"${name.replaceAll('"', '""')}"`)
}

/** A name between backticks, for Spark. */
export function sparkName(name: string): Sql {
  return Sql.of(`\`${name.replaceAll("`", "``")}\``)
}

/** A text literal for Spark, which reads a backslash as the begin of an escape. */
export function sparkText(value: string): Sql {
  const escaped = value.replaceAll("\\", "\\\\").replaceAll("'", "\\'").replaceAll("\0", "\\0")
  return Sql.of(`'${escaped}'`)
}

/** A text literal. The character 0, which ends a statement's text, is written as a call. */
export function textLiteral(value: string): Sql {
  const quoted = value.split("\0").map(part => `'${part.replaceAll("'", "''")}'`)
  return quoted.length === 1 ? Sql.of(quoted[0] ?? "''") : Sql.of(`(${quoted.join(" || chr(0) || ")})`)
}

/** A function's name or a keyword of ours: letters, digits, underscores and blanks. */
export function keyword(word: string): Sql {
  if (!/^[A-Za-z_][A-Za-z0-9_ ]*$/.test(word)) throw new Error(`'${word}' is not a keyword. Please report this.`)
  return Sql.of(word)
}

/** Digits of a number of any size, with a sign, a point and an exponent. */
export function numberLiteral(digits: string): Sql {
  if (!/^-?\d+(\.\d+)?(e[+-]?\d+)?$/.test(digits)) throw new Error(`'${digits}' is not a number. Please report this.`)
  return Sql.of(digits)
}

/** `name(args)`. */
export function invoke(name: string, ...args: readonly Sql[]): Sql {
  return sql`${keyword(name)}(${args})`
}

/** A value that is used more than once: computed once, and bound once by the planner. */
export function bound(value: Sql, name: Sql, use: (name: Sql) => Sql): Sql {
  return sql`list_transform([${value}], lambda ${name}: ${use(name)})[1]`
}

/**
 * Whether a text is null, where what follows raises. `IS NULL` is decided from statistics when a column has no nulls, and
 * then DuckDB's reader of Parquet, which tries a filter on each entry of a dictionary, raises for the entry that is null.
 */
export function isNullText(text: Sql): Sql {
  return sql`strlen(${text}) IS NULL`
}
