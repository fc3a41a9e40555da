import { readFileSync } from "node:fs"
import { relative } from "node:path"
import { AssetsError, type Json, maskJson, maskSecrets, type SourceLocation, stackFrames } from "@assets/core"
import { type Colors, colorsFor } from "./output.ts"

export interface RenderErrorOptions {
  /** True: the whole stack, and the details. */
  readonly verbose?: boolean
  readonly colors?: Colors
  /** The project's own files: a frame of a stack in one of them is the user's. */
  readonly files?: ReadonlySet<string>
}

/** An error as it was raised, or as the event log keeps it. */
interface ErrorView {
  readonly code: string
  readonly what: string
  readonly why: string
  readonly fix: string
  readonly details: { readonly [name: string]: Json }
  readonly location: SourceLocation | undefined
  readonly faults: readonly ErrorView[]
  /** Of what the user's code threw, where it did. */
  readonly stack: string | undefined
}

/** An error as a block of text: the user's line first, then what, why and fix; secrets are masked. */
export function renderError(error: unknown, options: RenderErrorOptions = {}): string {
  return maskSecrets(rendered(error, options))
}

function rendered(error: unknown, options: RenderErrorOptions): string {
  const colors = options.colors ?? colorsFor(process.stderr)
  const view = viewOf(error)
  if (!view) return renderUnexpected(error, colors)
  if (view.faults.length > 1) return renderFaults(view, colors, options)
  return renderOne(view.faults[0] ?? view, colors, options)
}

/** What went wrong, in one line. */
export function errorSummary(error: unknown): string {
  const view = viewOf(error)
  if (view) return maskSecrets(shown(view.what.split("\n")[0] ?? ""))
  return maskSecrets(error instanceof Error ? `${error.name}: ${error.message.split("\n")[0]}` : String(error))
}

function renderFaults(view: ErrorView, colors: Colors, options: RenderErrorOptions): string {
  const parts = view.faults.map(fault => renderOne(fault, colors, options))
  return [...parts, colors.bold(`${view.faults.length} faults. Nothing ran.`)].join("\n\n")
}

function renderOne(view: ErrorView, colors: Colors, options: RenderErrorOptions): string {
  const location = ownLocation(view, options.files)
  const lines = location ? placeLines(location, colors) : []
  lines.push(`${colors.red(colors.bold("error"))} ${colors.bold(view.code)} ${shown(view.what)}`)
  lines.push(`  ${colors.dim("why")}  ${indent(shown(view.why))}`, `  ${colors.dim("fix")}  ${indent(shown(view.fix))}`)
  if (options.verbose) {
    const { stack: _, ...details } = view.details
    if (Object.keys(details).length > 0) lines.push(`  ${colors.dim("details")}  ${JSON.stringify(details)}`)
    if (view.stack) lines.push(colors.dim(indent(view.stack, "  ")))
  }
  return lines.join("\n")
}

/** `assets.ts:12:9` and the line itself, the place marked. */
function placeLines({ file, line, column }: SourceLocation, colors: Colors): string[] {
  const near = relative(process.cwd(), file)
  const place = `${near.startsWith("..") ? file : near}:${line}${column === undefined ? "" : `:${column}`}`
  const text = sourceLine(file, line)
  if (text === undefined) return [colors.cyan(place)]
  const number = `${line}`
  const lines = [colors.cyan(place), `  ${colors.dim(`${number} |`)} ${text}`]
  if (column !== undefined && column <= text.length + 1) {
    const before = text.slice(0, column - 1).replace(/[^\t]/g, " ")
    lines.push(`  ${colors.dim(`${" ".repeat(number.length)} |`)} ${before}${colors.red("^")}`)
  }
  return lines
}

function sourceLine(file: string, line: number): string | undefined {
  if (!/\.([cm]?[jt]sx?|csv|json)$/.test(file)) return undefined
  try {
    return readFileSync(file, "utf8").split("\n")[line - 1]?.slice(0, 200)
  } catch {
    return undefined // the file is gone: its name still helps
  }
}

function renderUnexpected(error: unknown, colors: Colors): string {
  const stack = maskSecrets(error instanceof Error ? (error.stack ?? error.message) : String(error))
  return [
    `${colors.red(colors.bold("error"))} An error that this program did not expect. Please report it, with these lines:`,
    indent(stack, "  "),
  ].join("\n")
}

function viewOf(error: unknown): ErrorView | undefined {
  if (error instanceof AssetsError) return masked(viewOfError(error))
  return isKept(error) ? masked(viewOfKept(error)) : undefined
}

/** Before lines are indented: a secret may have several. */
function masked(view: ErrorView): ErrorView {
  return {
    ...view,
    what: maskSecrets(view.what),
    why: maskSecrets(view.why),
    fix: maskSecrets(view.fix),
    details: maskJson(view.details) as ErrorView["details"], // texts alone are others
    faults: view.faults.map(masked),
    stack: view.stack === undefined ? undefined : maskSecrets(view.stack),
  }
}

function viewOfError(error: AssetsError): ErrorView {
  const { code, why, fix, details, cause } = error
  const faults = "faults" in error && Array.isArray(error.faults) ? error.faults : []
  return {
    code,
    what: error.message,
    why,
    fix,
    details,
    location: error.location,
    faults: faults.map(viewOfError),
    stack: cause instanceof Error ? cause.stack : error.stack,
  }
}

interface KeptError {
  readonly [name: string]: Json
}

/** What `AssetsError.toJSON` gave. */
function isKept(error: unknown): error is KeptError {
  return typeof error === "object" && error !== null && "code" in error && "what" in error
}

function viewOfKept(error: KeptError): ErrorView {
  const text = (name: string) => (typeof error[name] === "string" ? error[name] : "")
  return {
    code: text("code"),
    what: text("what"),
    why: text("why"),
    fix: text("fix"),
    details: (error.details ?? {}) as { readonly [name: string]: Json }, // written by toJSON
    location: error.location as unknown as SourceLocation | undefined, // written by toJSON
    faults: [],
    stack: text("stack") || detailText(error.details, "stack"),
  }
}

function detailText(details: Json | undefined, name: string): string | undefined {
  if (typeof details !== "object" || details === null || Array.isArray(details)) return undefined
  const value = (details as { readonly [name: string]: Json })[name] // an object, neither null nor an array
  return typeof value === "string" ? value : undefined
}

/** The place that the error names, or the first line of the stack in a module of the project. */
function ownLocation(
  { location, stack }: ErrorView,
  files: ReadonlySet<string> | undefined,
): SourceLocation | undefined {
  if (location && (!files || files.has(location.file))) return location
  return stackFrames(stack).find(frame => files?.has(frame.file)) ?? location
}

/** Without what would move a terminal's cursor or colour it: messages hold whatever the project's code threw. */
function shown(text: string): string {
  return text.replace(/\p{Cc}/gu, character => (character === "\n" || character === "\t" ? character : "�"))
}

function indent(text: string, by = "       "): string {
  return text
    .split("\n")
    .map((line, i) => (i === 0 && by.length > 2 ? line : `${by}${line}`))
    .join("\n")
}
