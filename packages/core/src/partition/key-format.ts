const fields: { readonly [directive: string]: { readonly pattern: string; readonly digits: number } } = {
  "%Y": { pattern: "(\\d{4})", digits: 4 },
  "%m": { pattern: "(\\d{2})", digits: 2 },
  "%d": { pattern: "(\\d{2})", digits: 2 },
  "%H": { pattern: "(\\d{2})", digits: 2 },
  "%M": { pattern: "(\\d{2})", digits: 2 },
  "%S": { pattern: "(\\d{2})", digits: 2 },
  "%z": { pattern: "([+-]\\d{4})", digits: 4 },
}

/** A local time as a key says it, with the offset where the key has one; in milliseconds. */
export interface ParsedKey {
  readonly local: number
  readonly offset: number | undefined
}

/**
 * Writes and reads times as keys, by a pattern of `strftime`: `%Y %m %d %H %M %S %z %%`.
 * A time that clocks show for the second time has its offset behind it, as Dagster writes it: `2024-10-27-02:00+0100`.
 */
export class KeyFormat {
  readonly pattern: string
  readonly #tokens: readonly string[]
  readonly #form: RegExp
  readonly #directives: readonly string[]

  /** @throws RangeError for a directive that there is not */
  constructor(pattern: string) {
    this.pattern = pattern
    this.#tokens = pattern.match(/%.?|[^%]+/gs) ?? []
    for (const token of this.#tokens) {
      if (token.startsWith("%") && token !== "%%" && !fields[token]) {
        throw new RangeError(`'${token}' is none of ${Object.keys(fields).join(" ")} %%`)
      }
    }
    const literally = (text: string) => text.replace(/[\\^$.|?*+()[\]{}]/g, "\\$&")
    const form = this.#tokens.map(token => fields[token]?.pattern ?? literally(token === "%%" ? "%" : token)).join("")
    this.#directives = this.#tokens.filter(token => fields[token])
    this.#form = new RegExp(`^${form}${this.hasOffset ? "" : "([+-]\\d{4})?"}$`)
  }

  get hasOffset(): boolean {
    return this.#tokens.includes("%z")
  }

  /** The key of a local time; the offset is written where the pattern has it, or where `repeated` calls for it. */
  write(local: number, offset: number, repeated: boolean): string {
    const date = new Date(local)
    let key = ""
    for (const token of this.#tokens) key += written(token, date, offset)
    return repeated && !this.hasOffset ? key + offsetText(offset) : key
  }

  /** The time that a text says, or undefined when it does not have the form, or is no time, as on 30 February. */
  read(text: string): ParsedKey | undefined {
    const match = this.#form.exec(text)
    if (!match) return undefined
    const value: { [directive: string]: number } = {}
    this.#directives.forEach((directive, i) => {
      if (directive !== "%z") value[directive] = Number(match[i + 1])
    })
    const {
      "%Y": year = 1970,
      "%m": month = 1,
      "%d": day = 1,
      "%H": hour = 0,
      "%M": minute = 0,
      "%S": second = 0,
    } = value
    const date = new Date(0)
    date.setUTCFullYear(year, month - 1, day)
    date.setUTCHours(hour, minute, second)
    const same =
      date.getUTCMonth() === month - 1 && date.getUTCDate() === day && hour < 24 && minute < 60 && second < 60
    if (!same) return undefined
    const at = this.#directives.indexOf("%z")
    const offset = match[at === -1 ? this.#directives.length + 1 : at + 1]
    return { local: date.getTime(), offset: offset === undefined ? undefined : offsetOf(offset) }
  }
}

function written(token: string, date: Date, offset: number): string {
  switch (token) {
    case "%Y":
      return padded(date.getUTCFullYear(), 4)
    case "%m":
      return padded(date.getUTCMonth() + 1, 2)
    case "%d":
      return padded(date.getUTCDate(), 2)
    case "%H":
      return padded(date.getUTCHours(), 2)
    case "%M":
      return padded(date.getUTCMinutes(), 2)
    case "%S":
      return padded(date.getUTCSeconds(), 2)
    case "%z":
      return offsetText(offset)
    case "%%":
      return "%"
    default:
      return token
  }
}

function padded(value: number, digits: number): string {
  return String(value).padStart(digits, "0")
}

function offsetText(offset: number): string {
  const minutes = Math.abs(Math.trunc(offset / 60_000))
  return `${offset < 0 ? "-" : "+"}${padded(Math.floor(minutes / 60), 2)}${padded(minutes % 60, 2)}`
}

function offsetOf(text: string): number {
  const minutes = Number(text.slice(1, 3)) * 60 + Number(text.slice(3))
  return (text.startsWith("-") ? -minutes : minutes) * 60_000
}
