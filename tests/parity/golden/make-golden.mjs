/**
 * Makes `golden.json.gz` of a golden file of answers that Spark gave: the cases, their input tables, the frames and
 * theirs, without what only the search for DuckDB's forms needed.
 *
 *     node tests/parity/golden/make-golden.mjs path/to/golden.json
 */
import { readFileSync, writeFileSync } from "node:fs"
import { gzipSync } from "node:zlib"

/** Whole numbers that JSON.parse would round become texts. */
const exact = text => text.replace(/"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g, m => (/^-?\d{16,}$/.test(m) ? `"${m}"` : m))
const source = JSON.parse(exact(readFileSync(process.argv[2], "utf8")))
const pick = (from, names) => Object.fromEntries(names.filter(n => from[n] !== undefined).map(n => [n, from[n]]))

const cases = source.cases.map(c => ({
  ...pick(c, [
    "id",
    "fn",
    "category",
    "kind",
    "table",
    "timeZone",
    "sparkSql",
    "duckdbNaive",
    "sparkType",
    "duckdbType",
    "verdict",
    "tolerance",
    "zeroSignFree",
  ]),
  rows: c.rows.map(r => pick(r, ["key", "spark", "reproducible"])),
}))
const frames = source.frames.map(f =>
  pick(f, [
    "id",
    "fn",
    "tablesVersion",
    "pyspark",
    "sparkSql",
    "verdict",
    "ordered",
    "compareNames",
    "spark",
    "tolerance",
  ]),
)
const { meta, tables, frameTables } = source
const text = JSON.stringify({ meta, tables, cases, frameTables, frames })
writeFileSync(new URL("golden.json.gz", import.meta.url), gzipSync(text, { level: 9 }))
