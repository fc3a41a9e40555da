import type { Golden, GoldenCase, GoldenTable, GoldenValue } from "./golden-file.ts"

/** How a case came out on one engine. */
export type CaseOutcome = "passed" | "refused" | "open"

export interface ParityRun {
  readonly golden: Golden
  /** By the id of the case. */
  readonly duckdb: ReadonlyMap<string, CaseOutcome>
  readonly spark: ReadonlyMap<string, CaseOutcome>
  readonly duckdbVersion: string
  readonly sparkVersion: string
}

const head = `# Parity

Each function with the types and the kinds of values on which its answers were compared: with those that Spark gave once, on DuckDB through its printer, and on a running Spark through the other. Equal are value, type and error condition; doubles to the last bit, where the recorded case names no tolerance. This page is made by a test that runs all of it: \`npx vitest run --project system tests/parity/golden-spark.test.ts -u\`.
`

/** The generated page `docs/reference/parity.md`. @throws Error when an engine was not asked a case */
export function parityPage(run: ParityRun): string {
  const groups = new Map<string, GoldenCase[]>()
  for (const c of run.golden.cases) {
    const key = JSON.stringify([c.category, c.fn])
    groups.set(key, [...(groups.get(key) ?? []), c])
  }
  const rows = [...groups.values()].map(cases => functionRow(run, cases))
  return [
    head,
    `DuckDB ${run.duckdbVersion}: ${summary(run.golden, run.duckdb)}. Spark ${run.sparkVersion}: ${summary(run.golden, run.spark)}. The answers were recorded on Spark ${run.golden.meta.spark}.\n`,
    "| group | function | types | values | cases | answers | errors | DuckDB | Spark |",
    "| --- | --- | --- | --- | ---: | ---: | ---: | --- | --- |",
    ...rows,
    "",
  ].join("\n")
}

function summary({ cases }: Golden, outcomes: ReadonlyMap<string, CaseOutcome>): string {
  const count = (wanted: CaseOutcome) => cases.filter(({ id }) => outcomeOf(outcomes, id) === wanted).length
  const [passed, refused, open] = [count("passed"), count("refused"), count("open")]
  return `${passed} cases equal, ${refused} refused as they must be, ${open} different`
}

function outcomeOf(outcomes: ReadonlyMap<string, CaseOutcome>, id: string): CaseOutcome {
  const outcome = outcomes.get(id)
  if (!outcome) throw new Error(`The case ${id} was not run.`)
  return outcome
}

function functionRow(run: ParityRun, cases: readonly GoldenCase[]): string {
  const [first] = cases
  const tables = [...new Set(cases.map(c => c.table))].flatMap(name => run.golden.tables[name] ?? [])
  const types = [...new Set(tables.flatMap(table => table.columns.map(column => column.type)))].sort()
  const kinds = [...new Set(tables.flatMap(kindsOf))].sort()
  const compared = cases.flatMap(c => c.rows.filter(row => row.reproducible !== false))
  const answers = compared.filter(row => "value" in row.spark).length
  const on = (outcomes: ReadonlyMap<string, CaseOutcome>) => verdict(cases.map(({ id }) => outcomeOf(outcomes, id)))
  const cells = [
    first?.category ?? "",
    `\`${first?.fn.replaceAll("|", "\\|")}\``,
    types.join(", "),
    kinds.join(", "),
    cases.length,
    answers,
    compared.length - answers,
    on(run.duckdb),
    on(run.spark),
  ]
  return `| ${cells.join(" | ")} |`
}

function verdict(outcomes: readonly CaseOutcome[]): string {
  const open = outcomes.filter(outcome => outcome === "open").length
  const refused = outcomes.filter(outcome => outcome === "refused").length
  if (open > 0) return `${open} different`
  if (refused === outcomes.length) return "refused"
  return refused > 0 ? `equal, ${refused} refused` : "equal"
}

/** The kinds of values in a table of inputs. */
function kindsOf({ rows }: GoldenTable): string[] {
  return rows.flatMap(({ values }) => values.flatMap(kinds))
}

function kinds(value: GoldenValue): string[] {
  if (value === null) return ["null"]
  if (Array.isArray(value)) return value.length === 0 ? ["empty list"] : ["list", ...value.flatMap(kinds)]
  if (value === "NaN") return ["NaN"]
  if (value === "Infinity" || value === "-Infinity") return ["infinity"]
  if (value === "-0.0") return ["negative zero"]
  if (value === 0 || value === "0") return ["zero"]
  if (value === "") return ["empty text"]
  if (typeof value === "string" && /\P{ASCII}/u.test(value)) return ["text beyond ASCII"]
  if (typeof value === "number" || (typeof value === "string" && /^-?\d+(?:\.\d+)?$/.test(value))) {
    return [Number(value) < 0 ? "negative" : "positive"]
  }
  return []
}
