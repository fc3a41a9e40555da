import { readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import * as exported from "@assets/dataframe/functions"
import { expect, test } from "vitest"
import { rewrites } from "../../packages/dataframe/src/function/function-rewrites.ts"
import { aliases, functionTable } from "../../packages/dataframe/src/function/function-table.ts"
import { type Sql, sparkName } from "../../packages/dataframe/src/function/sql-fragment.ts"
import type { Expression } from "../../packages/dataframe/src/plan/expression.ts"
import { parseExpression } from "../../packages/dataframe/src/plan/parse-expression.ts"
import { resolveExpression } from "../../packages/dataframe/src/plan/resolve-expression.ts"
import { childrenOf } from "../../packages/dataframe/src/plan/walk-expression.ts"
import { parseDataType } from "../../packages/dataframe/src/schema/parse-data-type.ts"
import { printExpression } from "../../packages/dataframe/src/sql/print-expression.ts"
import { sparkExpression } from "../../packages/dataframe/src/sql/spark/spark-expression.ts"
import { costsFile, type FunctionCosts } from "../bench/functions/function-costs.ts"
import { readGolden } from "../parity/golden/golden-file.ts"

const folder = dirname(fileURLToPath(import.meta.url))
const page = join(dirname(dirname(folder)), "docs", "reference", "functions.md")
const pyspark: {
  readonly version: string
  readonly groups: readonly { readonly group: string; readonly names: readonly string[] }[]
} = JSON.parse(readFileSync(join(folder, "pyspark-functions.json"), "utf8"))

/** What PySpark has as a function and we as a part of something else. */
const elsewhere: { readonly [name: string]: string } = {
  asc: "`f.x.asc()`",
  asc_nulls_first: "`f.x.asc()`",
  asc_nulls_last: "`f.x.ascNullsLast()`",
  desc: "`f.x.desc()`",
  desc_nulls_first: "`f.x.descNullsFirst()`",
  desc_nulls_last: "`f.x.desc()`",
  between: "`f.x.between(low, high)`",
  col: "`f.x`, the row proxy of a callback",
  column: "`f.x`, the row proxy of a callback",
  try_cast: "`f.x.tryCast(type)`",
  named_struct: "`struct({ name: f.x })`",
  create_map: "`createMap(key, value)`",
  arrays_zip: '`zipWith(a, b, (x, y) => struct({ x, y }))`, and `expr("arrays_zip(a, b)", type)`',
  map_from_arrays: "`mapFromArrays`",
  percentile_cont: "`percentile`",
  input_file_name: "the source is a column that you add",
}

const reasons: readonly (readonly [pattern: RegExp, why: string])[] = [
  [/^(hash|xxhash64|crc32|sha1?|sha$)$/, "DuckDB has another hash: the numbers would differ"],
  [
    /^(conv|to_number|try_to_number|to_char|to_varchar|to_binary|try_to_binary)$/,
    "no SQL of DuckDB reads or writes these formats alike",
  ],
  [/sketch|theta|hll_|kll_|bitmap_|count_min|approx_top|tuple_/, "sketches are an engine's own"],
  [/variant|parse_json/, "VARIANT is no type of the plan"],
  [/xml|xpath|_csv$|schema_of|avro|protobuf/, "a format of its own: read it as a source"],
  [/^st_|geo/, "geometry is no type of the plan"],
  [/udf|udtf|pandas|arrow_|call_function|reflect|java_method/, "code of a user runs in `compute`"],
  [
    /^session_|^current_(user|catalog|database|schema)$|^user$|^version$|^input_file|partition_id/,
    "it tells of a session or of files, not of data",
  ],
  [/^(years|months|days|hours|bucket|partitioning)$/, "partitioning is the asset's `layout`"],
  [/^(randn|uniform|randstr|shuffle)$/, "chance that no two engines share"],
  [/^make_.*interval|interval/, "intervals are literals: `expr(\"INTERVAL '1' DAY\", …)`"],
  [/time$|time_|_time/, "TIME is off by default in Spark 4"],
  [/aes_|collat|is_valid_utf8|validate_utf8|make_valid/, "DuckDB has none"],
]

const camel = (name: string) => name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
const table = functionTable as { readonly [name: string]: { readonly stability: string; readonly revision: number } }
const golden = readGolden()
const costs: FunctionCosts = JSON.parse(readFileSync(costsFile, "utf8"))

function costOf(name: string): string {
  const cost = costs.functions[name]
  if (!cost) return ""
  const ratio = cost.naive ? `, ${(cost.ours / cost.naive).toFixed(1)} ×` : ""
  return `${cost.ours} ns${ratio}`
}

interface Forms {
  readonly spark: string
  readonly duckdb: string
  readonly cases: number
}

/** Both forms of each function, by the shortest of its cases. */
function formsByName(): ReadonlyMap<string, Forms> {
  const found = new Map<string, Forms>()
  for (const c of golden.cases) {
    const columns = (golden.tables[c.table]?.columns ?? []).map(({ name, type }) => ({
      name,
      type: parseDataType(type),
    }))
    let expression: Expression
    try {
      expression = resolveExpression(parseExpression(c.sparkSql), {
        columns: [{ name: "key", type: { kind: "int32" } }, ...columns],
      })
    } catch {
      continue
    }
    for (const call of callsIn(expression)) {
      const former = found.get(call.name)
      const cases = (former?.cases ?? 0) + 1
      const spark = printed(() => sparkExpression(call, ({ name }) => sparkName(name)))
      const duckdb = printed(() => printExpression(call, ({ name }) => sparkName(name)))
      const better = spark && duckdb && (!former || spark.length < former.spark.length)
      if (better) found.set(call.name, { spark, duckdb, cases })
      else if (former) found.set(call.name, { ...former, cases })
    }
  }
  return found
}

function printed(print: () => Sql): string | undefined {
  try {
    return print().text
  } catch {
    return undefined
  }
}

type Call = Extract<Expression, { kind: "call" | "aggregate" }>

function callsIn(expression: Expression): readonly Call[] {
  const own = expression.kind === "call" || expression.kind === "aggregate" ? [expression] : []
  return [...own, ...childrenOf(expression).flatMap(callsIn)]
}

const longest = 140
const code = (text: string) => {
  const cut = text.length > longest ? `${text.slice(0, longest)} …` : text
  return `\`\` ${cut.replaceAll("|", "\\|").replaceAll("\n", " ")} \`\``
}

function ours(name: string): string | undefined {
  if (Object.hasOwn(exported, camel(name))) return camel(name)
  return undefined
}

function rowOf(name: string, forms: ReadonlyMap<string, Forms>): { readonly text: string; readonly isHere: boolean } {
  const own = ours(name)
  if (own) {
    const inTable = table[name] ? name : String(aliases[name] ?? name)
    const form = forms.get(inTable)
    const stability = table[inTable]?.stability ?? (rewrites[name] ? "as what it is made of" : "stable")
    const shown = form ? `${code(form.spark)} | ${code(form.duckdb)}` : "made of others | made of others"
    return {
      text: `| \`${own}\` | ${shown} | ${stability} | ${form?.cases ?? ""} | ${costOf(inTable)} |`,
      isHere: true,
    }
  }
  const instead = elsewhere[name]
  if (instead) return { text: `| ${name} | ${instead} | | | | |`, isHere: true }
  const [, why = "no recorded answer of Spark yet"] = reasons.find(([pattern]) => pattern.test(name)) ?? []
  return { text: `| ${name} | not here: ${why} | | | | |`, isHere: false }
}

function written(): string {
  const forms = formsByName()
  const lines: string[] = []
  let here = 0
  let all = 0
  const counts: string[] = []
  const shown = new Set(
    pyspark.groups.flatMap(({ names }) => names.map(name => (table[name] ? name : (aliases[name] ?? name)))),
  )
  for (const { group, names } of pyspark.groups) {
    const rows = names.map(name => rowOf(name, forms))
    const have = rows.filter(({ isHere }) => isHere).length
    here += have
    all += names.length
    counts.push(`| ${group} | ${have} | ${names.length} |`)
    lines.push(
      "",
      `## ${group}`,
      "",
      "| Function | Spark | DuckDB | Reuse | Cases | Cost |",
      "| --- | --- | --- | --- | --- | ---: |",
    )
    lines.push(...rows.map(({ text }) => text))
  }
  return `# Functions

Everything below is imported from \`@assets/dataframe/functions\`, with the names of \`pyspark.sql.functions\` in camelCase; the methods of a column are in the guide. Each function means what it means in Spark 4 with ANSI mode on: its answers were recorded on Spark and are compared with DuckDB's, values and types, by the tests in \`tests/parity\`.

- **Spark** and **DuckDB** show the text that is printed for the shortest of its recorded cases; long texts are cut.
- **Reuse**: \`stable\` functions give the same rows each time; \`unstable\` ones depend on the order of rows or on ties, \`volatile\` ones give another answer each time, and a step with one is not reused blindly.
- **Cases**: in how many recorded cases the function stands.
- **Cost**: CPU nanoseconds a value of DuckDB's form, and how many times that of what one would write for DuckDB at first, whatever it answers; of the case that is nearest to its limit (\`docs/benchmarks.md\`). Measured ${costs.measured}, on ${costs.rows} rows and one thread. A ratio of forms below 5 ns is mostly noise.
- What DuckDB's regular expressions lack (look-around, back-references, possessive quantifiers) is refused when the plan is built, on each engine.

Of the ${all} names of PySpark ${pyspark.version}, ${here} are here. This page is made by a test: \`npx vitest run --project unit tests/docs/functions-reference.test.ts -u\`.

| Group | Here | PySpark |
| --- | ---: | ---: |
${counts.join("\n")}
${lines.join("\n")}

## Operators, casts and windows

| What | Cost |
| --- | ---: |
${elsewhereCosts(shown).join("\n")}
`
}

/** What was measured and is no function of the tables above. */
function elsewhereCosts(shown: ReadonlySet<string>): readonly string[] {
  const names = Object.keys(costs.functions).filter(name => !shown.has(name))
  return names.map(name => `| ${code(name)} | ${costOf(name)} |`)
}

test("docs/reference/functions.md shows every function, with both forms as they are printed", async () => {
  const text = written()
  await expect(text).toMatchFileSnapshot(page)
  expect(Object.keys(exported).length).toBeGreaterThanOrEqual(220)
})

test("every exported function is one of PySpark's, or is named here with what it is for", () => {
  const known = new Set(pyspark.groups.flatMap(({ names }) => names.map(camel)))
  const own = Object.keys(exported).filter(name => !known.has(name))
  expect(own.sort()).toEqual(["explodeEntries", "explodeEntriesOuter", "sequenceDays", "uuid"])
})
