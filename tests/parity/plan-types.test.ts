import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { EngineSession } from "@assets/core"
import {
  arrowTypeOf,
  compileDuckdb,
  type DataType,
  duckdbPrelude,
  duckdbTypeText,
  FrameError,
  type Relation,
} from "@assets/dataframe"
import { duckdb } from "@assets/io-duckdb"
import type { DuckDBConnection } from "@duckdb/node-api"
import { type Schema as ArrowSchema, type RecordBatch, tableFromIPC } from "apache-arrow"
import { readParquet } from "parquet-wasm"
import { afterAll, beforeAll, expect, test } from "vitest"
import { boundFrame, relationOf } from "../../packages/dataframe/src/plan-frame.ts"
import { schemaOf } from "../../packages/dataframe/src/schema/arrow-type.ts"
import { rowBatches } from "../../packages/dataframe/src/session/output-batches.ts"
import { DuckdbSession } from "../../packages/io-duckdb/src/duckdb-session.ts"
import { casePlan, plainRelation } from "./golden/case-plan.ts"
import { engineArrowType } from "./golden/engine-arrow-type.ts"
import { frameCases, frameColumns, frameRows } from "./golden/frame-cases.ts"
import { type GoldenCase, readGolden } from "./golden/golden-file.ts"
import { createGoldenTables } from "./golden/golden-tables.ts"

const golden = readGolden()
const signal = new AbortController().signal
let folder: string
let writes = 0

/** An open engine, and a connection of the test's own to the same tables. */
interface OpenEngine {
  readonly session: EngineSession
  readonly connection: DuckDBConnection
}
const engines = new Map<string, Promise<OpenEngine>>()

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "assets-plan-types-"))
})
afterAll(async () => {
  for (const opened of engines.values()) {
    const { session, connection } = await opened
    connection.closeSync()
    await session.close()
  }
  rmSync(folder, { recursive: true, force: true })
})

async function open(timeZone: string): Promise<OpenEngine> {
  const session = await duckdb({ threads: 1 }).open({ timeZone, scratch: folder, now: new Date(0), signal })
  if (!(session instanceof DuckdbSession)) throw new Error("not the engine that was asked for")
  const connection = await session.instance.connect()
  for (const statement of duckdbPrelude) await connection.run(statement)
  await createGoldenTables(connection, golden)
  return { session, connection }
}

function engineOf(timeZone: string): Promise<OpenEngine> {
  const opened = engines.get(timeZone) ?? open(timeZone)
  engines.set(timeZone, opened)
  return opened
}

/** Whether DuckDB has a form of its own for the type or a part of it: a bare NULL, an interval. None can be stored. */
function isOfPlanAlone(type: DataType): boolean {
  switch (type.kind) {
    case "void":
    case "day_time_interval":
    case "year_month_interval":
      return true
    case "array":
      return isOfPlanAlone(type.element)
    case "map":
      return isOfPlanAlone(type.key) || isOfPlanAlone(type.value)
    case "struct":
      return type.fields.some(field => isOfPlanAlone(field.type))
    default:
      return false
  }
}

const textsOf = (schema: ArrowSchema) => schema.fields.map(({ name, type }) => `${name}: ${type}`)

/** The types of a relation's columns, as the plan has them and as each place tells them that a user can read. */
interface Told {
  /** Arrow's names of types, known before anything runs. */
  readonly plan: readonly string[]
  readonly places: { readonly [place: string]: readonly string[] }
}

async function typesTold({ session, connection }: OpenEngine, relation: Relation): Promise<Told> {
  const { columns } = relation.schema
  const plan = columns.map(({ name, type }) => `${name}: ${arrowTypeOf(type)}`)
  const sql = compileDuckdb(relation).sql
  const places: { [place: string]: readonly string[] } = {
    "DuckDB's answer": await answerTypes(connection, sql, columns, plan),
    batches: await batchTypes(session, relation, plan),
  }
  if (columns.some(column => isOfPlanAlone(column.type))) return { plan, places }
  const stored = await store(session, relation)
  places["Parquet file"] = await fileTypes(stored)
  places["DuckDB's reading of the file"] = await answerTypes(
    connection,
    `SELECT * FROM read_parquet('${stored}')`,
    columns,
    plan,
  )
  const { schema } = relation
  places["batches of the file"] = await batchTypes(
    session,
    { kind: "files", format: "parquet", paths: [stored], schema },
    plan,
  )
  return { plan, places }
}

/** What DuckDB says of a statement of its own; for types that it has not, that it has the form that stands for them. */
async function answerTypes(
  connection: DuckDBConnection,
  sql: string,
  columns: Relation["schema"]["columns"],
  plan: readonly string[],
): Promise<readonly string[]> {
  const answer = await connection.prepare(sql)
  try {
    return columns.map(({ name, type }, i) => {
      const given = answer.columnType(i)
      if (!isOfPlanAlone(type)) return `${answer.columnName(i)}: ${engineArrowType(given)}`
      return String(given) === duckdbTypeText(type) ? (plan[i] ?? "") : `${name}: DuckDB's ${given}`
    })
  } finally {
    answer.destroySync()
  }
}

/** The types of the batches and of the vectors in them; the plan's where there is no batch. */
async function batchTypes(
  session: EngineSession,
  relation: Relation,
  plan: readonly string[],
): Promise<readonly string[]> {
  for await (const one of session.batches(relation, signal)) {
    const batch = one as RecordBatch // of DuckDB's session
    return batch.schema.fields.map(({ name }, i) => `${name}: ${batch.data.children[i]?.type}`)
  }
  return plan
}

async function store(session: EngineSession, relation: Relation): Promise<string> {
  const path = mkdtempSync(join(folder, "written-"))
  const target = { kind: "files", format: "parquet", path } as const
  const { files } = await session.write(relation, target, { stepId: `write-${++writes}`, signal })
  return join(path, files[0]?.path ?? "")
}

/** Another reader's view of a Parquet file. */
async function fileTypes(path: string): Promise<readonly string[]> {
  return textsOf(tableFromIPC(readParquet(readFileSync(path)).intoIPCStream()).schema)
}

/** A line for each place that tells other types than the plan. */
function differences(id: string, { plan, places }: Told): string[] {
  return Object.entries(places)
    .filter(([, types]) => types.join() !== plan.join())
    .map(([place, types]) => `${id}: the plan has ${plan.join(", ")}; ${place}: ${types.join(", ")}`)
}

/** The answers of a case that are values; undefined where the plan refuses it. */
function caseRelation(c: GoldenCase): Relation | undefined {
  const table = golden.tables[c.table]
  if (!table) return undefined
  try {
    const relation = plainRelation(casePlan(table, c), c)
    compileDuckdb(relation)
    return relation
  } catch (error) {
    if (error instanceof FrameError) return undefined // refused, as golden-duckdb.test.ts asks for
    throw error
  }
}

test("every case has the Arrow type that the plan knew: in DuckDB's answer, in batches, and stored", async () => {
  const differing: string[] = []
  let compared = 0
  for (const c of golden.cases) {
    const relation = caseRelation(c)
    if (!relation) continue
    compared++
    try {
      differing.push(...differences(c.id, await typesTold(await engineOf(c.timeZone), relation)))
    } catch (error) {
      differing.push(`${c.id} ${c.sparkSql}: ${error}`)
    }
  }
  expect(differing).toEqual([])
  expect(compared).toBe(992)
})

test("every frame has the Arrow types that the plan knew: in DuckDB's answer, in batches, and stored", async () => {
  const engine = await engineOf("UTC")
  const made = Object.entries(frameColumns).map(async ([name, types]) => {
    const schema = schemaOf(types)
    const relation = (await engine.session.upload(rowBatches(frameRows(name, types), schema), schema)) as Relation // DuckDB's
    return [name, boundFrame(relation, async () => engine.session as never)]
  })
  const tables = Object.fromEntries(await Promise.all(made))
  const differing: string[] = []
  for (const { name, program } of frameCases) {
    const relation = relationOf(program(tables), name)
    differing.push(...differences(name, await typesTold(engine, relation)))
  }
  expect(differing).toEqual([])
  expect(frameCases.length).toBeGreaterThanOrEqual(103)
})
