import type { Json } from "./json.ts"

const MASK = "***"
/** Values of the process's variables that are shorter could be anything, and would be masked wherever they stand. */
const LEAST_OF_PROCESS = 8
const LEAST_EXPANDED = 4

const secretName = /token|secret|passw(or)?d|key|credential/i
/** Keys that open nothing: what a script may call the asset or the partition that it is about. */
const plainKey = /(asset|partition|primary|foreign|sort|cache|public)_?keys?$/i

/** Whether what has this name is not to be shown: a variable, or an option. */
export function looksSecret(name: string): boolean {
  return secretName.test(name) && !plainKey.test(name)
}

/** Values of variables that were put into an environment's texts. */
const expanded = new Set<string>()
let known = ""
let pattern: RegExp | undefined

/** Remembers the value of a variable that an environment uses: it is masked from now on when the name looks secret. */
export function noteVariable(name: string, value: string): void {
  if (looksSecret(name) && value.length >= LEAST_EXPANDED) expanded.add(value)
}

/**
 * Puts `***` in the place of every value of a secret: those that environments have used, and the process's variables
 * whose names look secret. Also where JSON or a URL has escaped it.
 */
export function maskSecrets(text: string): string {
  const secrets = secretPattern()
  return secrets ? text.replace(secrets, MASK) : text
}

/** The same for every text of a value; names stay as they are. */
export function maskJson(value: Json): Json {
  return secretPattern() ? maskedCopy(value) : value
}

/** Hides what a text says of secrets by its form: `token=…`, and the password of a URL. `${NAME}` is none. */
export function maskCredentials(text: string): string {
  return text
    .replace(/(:\/\/[^/\s:@]*:)(?!\$\{)[^/\s@]+@/g, `$1${MASK}@`)
    .replace(/([\w-]*(?:token|secret|passw(?:or)?d|key|credential)[\w-]*=)(?!\$\{)[^&;\s]+/gi, `$1${MASK}`)
}

function maskedCopy(value: Json): Json {
  if (typeof value === "string") return maskSecrets(value)
  if (typeof value !== "object" || value === null) return value
  if (Array.isArray(value)) return value.map(maskedCopy)
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, maskedCopy(inner)]))
}

/** The variables are looked at each time: the project's code may set them while it runs. */
function secretPattern(): RegExp | undefined {
  const secrets = new Set(expanded)
  for (const name of Object.keys(process.env)) {
    if (!looksSecret(name)) continue
    const value = process.env[name] ?? ""
    if (value.length >= LEAST_OF_PROCESS) secrets.add(value)
  }
  const found = [...secrets].flatMap(formsOf).sort((a, b) => b.length - a.length)
  const joined = found.join("\0")
  if (joined !== known) {
    known = joined
    const escaped = found.map(form => form.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&"))
    pattern = escaped.length > 0 ? new RegExp(escaped.join("|"), "g") : undefined
  }
  return pattern
}

/** A value as it is, within JSON, and within a URL. */
function formsOf(value: string): string[] {
  return [...new Set([value, JSON.stringify(value).slice(1, -1), encodeURIComponentSafely(value)])]
}

function encodeURIComponentSafely(value: string): string {
  try {
    return encodeURIComponent(value)
  } catch {
    return value // half of a surrogate pair
  }
}
