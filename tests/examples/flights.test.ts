import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { definitions, materialize, type Run } from "@assets/core"
import { duckdb, duckdbFileIO } from "@assets/io-duckdb"
import { parquetIO } from "@assets/io-parquet"
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import * as assets from "../../examples/flights/assets.ts"

const sources = dirname(dirname(createRequire(import.meta.url).resolve("vega-datasets")))
const flights = `'${join(sources, "data/flights-3m.parquet")}'`
const airports = `'${join(sources, "data/airports.csv")}'`

/** Each asset's prose description, written as SQL by hand; nothing here comes from the product. */
const bySql = {
  "staging/flights": `
    select date::date as day, hour(date)::int as hour, origin, destination, distance, delay
    from ${flights} where delay >= -60 and delay <= 1440`,
  "marts/airport_delays": `
    select a.iata, a.name, count(*) as flights, avg(f.delay) as mean_delay, max(f.delay) as worst_delay
    from ${flights} f, read_csv(${airports}, header = true, all_varchar = true) a
    where f.origin = a.iata group by a.iata, a.name`,
  "marts/routes": `
    select origin, destination, count(*) as flights, max(distance) as distance, avg(delay) as mean_delay
    from ${flights} where delay between -60 and 1440 group by origin, destination having count(*) >= 1000`,
  "marts/daily_traffic": `
    select date::date as day, count(*) as flights, count(*) filter (delay > 15) as late, sum(distance)::bigint as miles
    from ${flights} where delay between -60 and 1440 group by date::date`,
  "marts/hourly_delays": `
    select hour(date)::int as hour, count(*) as flights, avg(delay) as mean_delay
    from ${flights} where delay between -60 and 1440 group by hour(date)`,
} as const

type Key = keyof typeof bySql

let connection: DuckDBConnection
let root: string

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "assets-flights-"))
  connection = await (await DuckDBInstance.create(":memory:")).connect()
})
afterAll(() => {
  connection.closeSync()
  rmSync(root, { recursive: true, force: true })
})

async function rows(sql: string): Promise<readonly Record<string, unknown>[]> {
  return (await connection.runAndReadAll(sql)).getRowObjectsJson()
}

/** Rows of either side that the other has not, repeated rows counted; means are compared to 9 digits after the point. */
async function differences(stored: string, key: Key): Promise<number> {
  const columns = (await rows(`describe ${bySql[key]}`)).map(column =>
    column.column_name === "mean_delay" ? "round(mean_delay, 9)" : String(column.column_name),
  )
  const list = columns.join(", ")
  const [row] = await rows(`
    with stored as (select ${list} from ${stored}), wanted as (select ${list} from (${bySql[key]}))
    select (select count(*) from (from stored except all from wanted))
         + (select count(*) from (from wanted except all from stored)) as n`)
  return Number(row?.n)
}

const environments = {
  local: () => ({ engine: duckdb(), io: parquetIO({ root: join(root, "data") }), sources }),
  file: () => ({ engine: duckdb(), io: duckdbFileIO({ path: join(root, "warehouse.duckdb") }), sources }),
}

for (const environment of ["local", "file"] as const) {
  describe(`flights in the environment ${environment}`, () => {
    let run: Run
    const table: { [key: string]: string } = {}

    beforeAll(async () => {
      const project = definitions({
        assets: { ...assets },
        environments: { [environment]: environments[environment]() },
        base: root,
        state: { path: join(root, `state-${environment}`) },
        codeVersions: () => "1",
      })
      run = await materialize(project, { environment })
      if (environment === "file") await connection.run(`attach '${join(root, "warehouse.duckdb")}' as file (read_only)`)
      for (const key of Object.keys(bySql)) {
        const [schema, name] = key.split("/")
        const pointer = join(root, "data", key, "_current", "all.json")
        table[key] =
          environment === "file"
            ? `file."${schema}"."${name}"`
            : `read_parquet('${join(root, "data", key, "_versions", JSON.parse(readFileSync(pointer, "utf8")).id)}/*.parquet')`
      }
    })
    afterAll(async () => {
      if (environment === "file") await connection.run("detach file")
    })

    test("every asset is materialized", () => {
      expect(run.steps.map(step => [step.key, step.status, step.error])).toEqual(
        run.steps.map(step => [step.key, "materialized", undefined]),
      )
      expect(run.steps).toHaveLength(6)
      expect(run.status).toBe("succeeded")
    })

    for (const key of Object.keys(bySql) as Key[]) {
      test(`${key} has the rows that its description asks for`, async () => {
        expect(await differences(table[key] ?? "", key)).toBe(0)
      })
    }

    test("counts and sums are those of the data", async () => {
      const of = (sql: string) => rows(sql).then(([row]) => row)
      expect(
        await of(
          `select count(*) as n, sum(distance) as miles, sum(delay) as minutes from ${table["staging/flights"]}`,
        ),
      ).toEqual({
        n: "2999850",
        miles: "2194566480",
        minutes: "20003059",
      })
      expect(
        await of(
          `select count(*) as n, sum(flights) as flights, max(worst_delay) as worst from ${table["marts/airport_delays"]}`,
        ),
      ).toEqual({
        n: "229",
        flights: "3000000",
        worst: "1688",
      })
      expect(await of(`select count(*) as n from ${table["marts/routes"]}`)).toEqual({ n: "1043" })
      expect(
        await of(
          `select count(*) as n, min(day) as first, max(day) as last, sum(flights) as flights, sum(miles) as miles from ${table["marts/daily_traffic"]}`,
        ),
      ).toEqual({
        n: "182",
        first: "2001-01-01",
        last: "2001-07-01",
        flights: "2999850",
        miles: "2194566480",
      })
    })

    test("the model is the line that SQL's own regression gives", async () => {
      const model = await run.value(assets.delayModel)
      const [line] = await rows(`
        select regr_slope(m, h) as slope, regr_intercept(m, h) as intercept, regr_r2(m, h) as r2, count(*) as flights
        from (select hour(date) as h, avg(delay) over (partition by hour(date)) as m
              from ${flights} where delay between -60 and 1440 and hour(date) >= 5)`)
      expect(model.minutesPerHour).toBeCloseTo(Number(line?.slope), 9)
      expect(model.intercept).toBeCloseTo(Number(line?.intercept), 9)
      expect(model.r2).toBeCloseTo(Number(line?.r2), 9)
      expect(model.flights).toBe(Number(line?.flights))
    })
  })
}
