import type { Relation } from "@assets/dataframe"

const T: Record<string, string> = { int64: "BIGINT", string: "VARCHAR", float64: "DOUBLE" }
const q = (n: string) => `"${n.replaceAll('"', '""')}"`
const s = (n: unknown) => (n === null ? "NULL" : `'${String(n).replaceAll("'", "''")}'`)
export function tinyPrinter(r: Relation): { sql: string } {
  const cols = r.schema.columns.map(c => q(c.name)).join(", ")
  if (r.kind === "table") return { sql: `SELECT ${cols} FROM ${r.path.map(q).join(".")}` }
  if (r.kind === "files")
    return {
      sql: `SELECT ${r.schema.columns.map(c => `CAST(${q(c.name)} AS ${T[c.type.kind]}) AS ${q(c.name)}`).join(", ")} FROM read_parquet([${r.paths.map(s).join(", ")}], hive_partitioning=false)`,
    }
  if (r.kind === "values") {
    const one = (row: readonly unknown[]) =>
      `(${row.map((v, i) => `CAST(${s(v)} AS ${T[r.schema.columns[i]?.type.kind ?? ""]})`).join(", ")})`
    const empty = `(${r.schema.columns.map(c => `CAST(NULL AS ${T[c.type.kind]})`).join(", ")})`
    return {
      sql: `SELECT * FROM (VALUES ${r.rows.length ? r.rows.map(one).join(", ") : empty}) AS t(${cols}) WHERE ${r.rows.length > 0}`,
    }
  }
  if (r.kind === "sort") return { sql: `SELECT * FROM (${tinyPrinter(r.input).sql}) AS x ORDER BY "id"` }
  if (r.kind === "project")
    return {
      sql: `SELECT ${r.columns.map(c => `${c.expression.kind === "cast" ? `CAST(s AS BIGINT)` : "NULL"} AS ${q(c.name)}`).join(", ")} FROM (${tinyPrinter(r.input).sql}) AS x`,
    }
  throw new Error(r.kind)
}
