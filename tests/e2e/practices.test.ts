import { mkdtempSync, rmSync, statSync } from "node:fs"
import { availableParallelism, tmpdir } from "node:os"
import { join } from "node:path"
import {
  type Asset,
  asset,
  type Definitions,
  type DefinitionsOptions,
  daily,
  definitions,
  type MaterializeOptions,
  materialize,
  openEventLog,
  openStoredData,
  type Run,
  source,
} from "@assets/core"
import { compileSpark, frame, openSession, parquetFiles, type Session, t } from "@assets/dataframe"
import { accepted, check, notNull, range, rowCount, unique } from "@assets/dataframe/checks"
import { avg, broadcast, count, countDistinct, max, sum, toDate, upper } from "@assets/dataframe/functions"
import { duckdb } from "@assets/io-duckdb"
import { parquetIO } from "@assets/io-parquet"
import { DuckDBInstance } from "@duckdb/node-api"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { ParquetMap, WatchedDuckdb } from "./watched-duckdb.ts"

/** What docs/guide/practices.md says, on real files. */
const ROWS = 1_000_000
const eventColumns = {
  id: t.int64,
  customer: t.int64,
  part: t.int16,
  shard: t.int32,
  amount: t.decimal(10, 2),
  ratio: t.float32,
  score: t.float64,
  day: t.date,
  clock: t.timestampNtz,
  at: t.timestamp,
  name: t.string,
  payload: t.string,
}
const returns = frame(eventColumns)

let base: string
beforeAll(async () => {
  base = mkdtempSync(join(tmpdir(), "assets-practices-"))
  await sql(
    `COPY (SELECT i AS id, CAST(hash(i) % 50000 AS BIGINT) AS customer, CAST(i // 100000 AS SMALLINT) AS part,
       CAST(i // 1000 AS INTEGER) AS shard, CAST(i / 100 AS DECIMAL(10, 2)) AS amount, CAST(i / 8 AS FLOAT) AS ratio,
       i / 4 AS score, DATE '2024-01-01' + CAST(i // 1000 AS INTEGER) AS day,
       TIMESTAMP '2024-01-01' + to_minutes(i) AS clock,
       make_timestamptz(epoch_us(TIMESTAMP '2024-01-01' + to_minutes(i))) AS at,
       'name-' || lpad(CAST(i AS VARCHAR), 7, '0') AS name, md5(CAST(i AS VARCHAR)) AS payload
       FROM range(${ROWS}) AS t(i)) TO '${join(base, "events.parquet")}' (FORMAT parquet)`,
    `COPY (SELECT CAST(990 + i AS INTEGER) AS shard, 'label ' || i AS label FROM range(10) AS t(i))
       TO '${join(base, "labels.parquet")}' (FORMAT parquet)`,
  )
})
afterAll(() => rmSync(base, { recursive: true, force: true }))

async function sql(...statements: readonly string[]): Promise<void> {
  const instance = await DuckDBInstance.create(":memory:")
  const connection = await instance.connect()
  for (const statement of statements) await connection.run(statement)
  instance.closeSync()
}

const events = source("raw/events", parquetFiles("events.parquet", eventColumns))
const labels = source("raw/labels", parquetFiles("labels.parquet", { shard: t.int32, label: t.string }))

/** A project whose files are in a folder of their own, and whose DuckDB tells what it reads. */
class Watched {
  readonly duckdb = new WatchedDuckdb()
  readonly #home = mkdtempSync(join(base, "project-"))

  project(assets: NonNullable<DefinitionsOptions["assets"]>): Definitions {
    const io = parquetIO({ root: join(this.#home, "data") })
    const local = { engine: this.duckdb.engine, io, sources: base }
    return definitions({ assets, environments: { local }, base: this.#home })
  }

  /** Materializes, and gives the run and what DuckDB read for it. */
  async materialize(project: Definitions, options: MaterializeOptions = {}) {
    await this.duckdb.reads()
    const run = await materialize(project, options)
    for (const { error } of run.steps) if (error) throw error
    return { run, reads: await this.duckdb.reads() }
  }
}

async function filesOf(project: Definitions, of: Asset): Promise<readonly string[]> {
  const stored = await openStoredData(project)
  try {
    return await stored.locate(of)
  } finally {
    await stored.close()
  }
}

/** The one file of an asset. */
async function fileOf(project: Definitions, of: Asset): Promise<ParquetMap> {
  const [file = "", ...more] = await filesOf(project, of)
  expect(more).toEqual([])
  return ParquetMap.of(file)
}

/** The Spark text of a transform's plan, over tables with the keys of its inputs. */
async function sparkOf(project: Definitions, of: Asset): Promise<string> {
  const stored = await openStoredData(project)
  const plan = stored.lazyPlan(of)
  const tables = (plan?.inputs ?? []).map(key => {
    const { returns } = project.sources.get(key) ?? stored.asset(key)
    return [key, { kind: "table", path: [key], schema: returns.schema?.() }] as const
  })
  await stored.close()
  const bound = plan?.bind(new Map(tables), { now: new Date() })
  return compileSpark(bound as Parameters<typeof compileSpark>[0]).sql // core hands on what the dataframe made
}

describe("one scan", () => {
  let source: ParquetMap
  beforeAll(async () => {
    source = await ParquetMap.of(join(base, "events.parquet"))
  })

  test("computes several columns with their counts, and another all checks of what was stored", async () => {
    const orders = asset("staging/orders", {
      deps: { events },
      returns: frame({ id: t.int64, customer: t.int64, cents: t.decimal(14, 2), day: t.date, kind: t.string }),
      checks: [
        unique("id"),
        notNull("customer"),
        range("cents", { min: 0 }),
        rowCount({ min: 1 }),
        accepted("kind", ["NAME-", "OTHER"]),
        check("days are known", (_, f) => f.day.geq("2024-01-01")),
        check("many customers", (_, f) => countDistinct(f.customer).gt(1000)),
      ],
      transform: ({ events }) =>
        events.select("id", "customer", f => ({
          cents: f.amount.multiply(100),
          day: f.day,
          kind: upper(f.name.substr(1, 5)),
        })),
    })
    const watched = new Watched()
    const project = watched.project({ events, orders })
    const { run, reads } = await watched.materialize(project)
    expect(source.isReadTwice(reads)).toBe(false)
    expect(source.touched(reads).columns).toEqual(["amount", "customer", "day", "id", "name"])
    expect(run.steps[0]?.metadata).toMatchObject({ rows: ROWS, files: 1 })
    const stored = await fileOf(project, orders)
    expect(stored.isReadTwice(reads)).toBe(false)
    expect(stored.touched(reads).columns).toEqual(["cents", "customer", "day", "id", "kind"])
    const log = openEventLog(project)
    const checked = log.events({ runId: run.id }).filter(event => event.type === "check_evaluated")
    log.close()
    expect(checked.map(({ result }) => result.passed)).toEqual(Array(7).fill(true))
  })

  test("computes several aggregates, distinct counts among them", async () => {
    const totals = asset("marts/totals", {
      deps: { events },
      returns: frame({ rows: t.int64, customers: t.int64, days: t.int64, mean: t.float64, last: t.timestampNtz }),
      transform: ({ events }) =>
        events.agg(f => ({
          rows: count(),
          customers: countDistinct(f.customer),
          days: countDistinct(f.day),
          mean: avg(f.score),
          last: max(f.clock),
        })),
    })
    const watched = new Watched()
    const { run, reads } = await watched.materialize(watched.project({ events, totals }))
    expect(source.isReadTwice(reads)).toBe(false)
    expect(source.touched(reads).columns).toEqual(["clock", "customer", "day", "score"])
    expect(await (await run.value(totals)).take(1)).toEqual([
      { rows: BigInt(ROWS), customers: 50_000n, days: 1_000n, mean: 124_999.875, last: "2025-11-25T10:39:00" },
    ])
  })

  test("is enough for a computed frame that is used twice", async () => {
    const ranked = asset("marts/ranked", {
      deps: { events },
      returns: frame({ shard: t.int32, id: t.int64, doubled: t.float64, most: t.float64 }),
      transform: ({ events }) => {
        const doubled = events.select("shard", "id", f => ({ doubled: f.score.multiply(2) }))
        const most = doubled.groupBy("shard").agg(f => ({ most: max(f.doubled) }))
        return doubled.join(most, "shard").filter(f => f.doubled.equalTo(f.most))
      },
    })
    const watched = new Watched()
    const { run, reads } = await watched.materialize(watched.project({ events, ranked }))
    expect(run.steps[0]?.metadata).toMatchObject({ rows: 1000 })
    expect(source.isReadTwice(reads)).toBe(false)
    expect(source.touched(reads).columns).toEqual(["id", "score", "shard"])
  })
})

describe("filters and column lists reach the reader of what an asset above has stored", () => {
  const staged = asset("staging/events", {
    deps: { events },
    returns,
    transform: ({ events }) => events.orderBy("id"),
  })
  const named = asset("staging/labels", {
    deps: { labels },
    returns: frame({ shard: t.int32, label: t.string }),
    transform: ({ labels }) => labels,
  })
  let watched: Watched
  let run: Run
  let stored: ParquetMap
  beforeAll(async () => {
    watched = new Watched()
    const project = watched.project({ events, labels, staged, named })
    run = (await watched.materialize(project)).run
    stored = await fileOf(project, staged)
    expect(stored.groups).toBe(9)
  })
  const value = () => run.value(staged)
  type Events = Awaited<ReturnType<typeof value>>

  /** What a frame reads of the stored file, and what its plan says that the reader is told. */
  async function readBy(made: Explained & { count(): Promise<number> }) {
    await watched.duckdb.reads()
    const rows = await made.count()
    const { groups } = stored.touched(await watched.duckdb.reads())
    return { rows, groups, reader: await readerOf(made) }
  }

  test.each<readonly [string, (events: Events) => Events, rows: number, reader: string]>([
    ["whole numbers", e => e.filter(f => f.id.geq(990_000)), 10_000, "Filters:id>=990000"],
    ["narrow whole numbers", e => e.filter(f => f.part.gt(8)), 100_000, "Filters:part>8"],
    ["a wider literal", e => e.filter(f => f.shard.geq(990n)), 10_000, "Filters:shard>=990"],
    ["decimals", e => e.filter(f => f.amount.geq(9_900)), 10_000, "Filters:amount>=9900.00"],
    ["decimals beside a double", e => e.filter(f => f.amount.gt(9_900.5)), 9_949, "amount>=9900.49"],
    ["doubles", e => e.filter(f => f.score.between(247_500, 247_600)), 401, "score>=247500.0ANDscore<=247600.0"],
    ["floats", e => e.filter(f => f.ratio.geq(123_750)), 10_000, "ratio>="],
    ["dates", e => e.filter(f => f.day.geq("2026-09-17")), 10_000, "Filters:day>='2026-09-17'::DATE"],
    [
      "dates beside an instant",
      e => e.filter(f => f.day.gt(new Date("2026-09-16"))),
      10_000,
      "day>='2026-09-15'::DATE",
    ],
    ["wall clocks", e => e.filter(f => f.clock.geq("2025-11-19")), 9_280, "clock>='2025-11-1900:00:00'::TIMESTAMP"],
    [
      "wall clocks beside an instant",
      e => e.filter(f => f.clock.geq(new Date("2025-11-19"))),
      9_280,
      "clock>='2025-11-18",
    ],
    ["instants", e => e.filter(f => f.at.geq(new Date("2025-11-19"))), 9_280, "at>='2025-11-1900:00:00+00'"],
    ["days of wall clocks", e => e.filter(f => toDate(f.clock).equalTo("2025-11-19")), 1_440, "clock>='2025-11-19"],
    ["days of instants", e => e.filter(f => toDate(f.at).geq("2025-11-19")), 9_280, "at>='2025-11-18"],
    ["texts", e => e.filter(f => f.name.equalTo("name-0990001")), 1, "Filters:name='name-0990001'"],
    ["texts in order", e => e.filter(f => f.name.gt("name-099")), 10_000, "Filters:name>'name-099'"],
    ["a prefix", e => e.filter(f => f.name.startsWith("name-099")), 10_000, "name>='name-099'ANDname<'name-09:'"],
    ["like", e => e.filter(f => f.name.like("name-099%")), 10_000, "name>='name-099'ANDname<'name-09:'"],
    [
      "isin",
      e => e.filter(f => f.name.isin("name-0990001", "name-0990002")),
      2,
      "nameIN('name-0990001','name-0990002')",
    ],
    ["isin of numbers", e => e.filter(f => f.shard.isin(991, 992)), 2_000, "shard>=991ANDshard<=992"],
    ["what knows null", e => e.filter(f => f.shard.eqNullSafe(991)), 1_000, "shard=991"],
    ["and", e => e.filter(f => f.id.geq(990_000).and(f.name.lt("name-0990002"))), 2, "id>=990000name<'name-0990002'"],
    ["or", e => e.filter(f => f.id.geq(999_999).or(f.id.equalTo(999_998))), 2, "id>=999999ORid=999998"],
    ["not", e => e.filter(f => f.id.lt(990_000).not()), 10_000, "Filters:id>=990000"],
    [
      "filters above computed columns",
      e => e.withColumn("score", f => f.score.plus(1)).filter(f => f.id.geq(990_000)),
      10_000,
      "Filters:id>=990000",
    ],
    ["filters above sorted rows", e => e.orderBy("name").filter(f => f.id.geq(990_000)), 10_000, "Filters:id>=990000"],
    ["filters above distinct rows", e => e.distinct().filter(f => f.id.geq(990_000)), 10_000, "Filters:id>=990000"],
    ["filters above a union", e => e.union(e).filter(f => f.id.geq(990_000)), 20_000, "Filters:id>=990000"],
  ])("%s", async (_, filtered, rows, reader) => {
    const result = await readBy(filtered(await value()))
    expect(result.rows).toBe(rows)
    expect(result.groups.every(group => group >= 7)).toBe(true)
    expect(result.reader).toContain(reader)
  })

  test("filters above a join, and the keys of its small side", async () => {
    const small = await run.value(named)
    const joined = (await value()).select("id", "shard", "score").join(small, "shard")
    const one = await readBy(joined.filter(f => f.id.geq(995_000)))
    expect(one).toMatchObject({ rows: 5_000, groups: [8], reader: expect.stringContaining("id>=995000") })
    const keys = await readBy(joined)
    expect(keys).toMatchObject({ rows: 10_000, groups: [8] })
    const other = await readBy(joined.filter(f => f.shard.equalTo(995)))
    expect(other).toMatchObject({ rows: 1_000, groups: [8], reader: expect.stringContaining("shard=995") })
  })

  test("filters on the key of groups", async () => {
    const grouped = (await value()).groupBy("shard").agg(f => ({ total: sum(f.score) }))
    const one = await readBy(grouped.filter(f => f.shard.equalTo(995)))
    expect(one).toMatchObject({ rows: 1, groups: [8], reader: expect.stringContaining("shard=995") })
  })

  test("the columns that are used, and no others", async () => {
    const used = (await value()).filter(f => f.shard.geq(5)).select("customer", f => ({ twice: f.score.multiply(2) }))
    expect(await readerOf(used)).toMatch(/Projections:(customerscore|scorecustomer)Filters:shard>=5/)
    await watched.duckdb.reads()
    expect((await used.collect()).numRows).toBe(995_000)
    expect(stored.touched(await watched.duckdb.reads()).columns).toEqual(["customer", "score", "shard"])
  })

  test("those of a transform and of a partition, from asset to asset", async () => {
    const days = daily({ start: "2025-11-18", end: "2025-11-22" })
    const recent = asset("marts/recent", {
      deps: { staged },
      partitions: days,
      returns: frame({ id: t.int64, amount: t.decimal(10, 2) }),
      transform: ({ staged }, { partition }) =>
        staged.filter(f => f.clock.geq(partition.start).and(f.clock.lt(partition.end))).select("id", "amount"),
    })
    const own = new Watched()
    const project = own.project({ events, staged, recent })
    await own.materialize(project, { select: "staging/events" })
    const { run, reads } = await own.materialize(project, { select: "marts/recent", partitions: ["2025-11-19"] })
    expect(run.steps[0]?.metadata).toMatchObject({ rows: 1_440 })
    const above = await fileOf(project, staged)
    expect(above.touched(reads)).toEqual({ columns: ["amount", "clock", "id"], groups: [8] })
  })
})

interface Explained {
  explain(options: { engine: true }): Promise<string>
}

/** What DuckDB's plan says of its readers of Parquet, without blanks and frames. */
async function readerOf(made: Explained): Promise<string> {
  const plan = (await made.explain({ engine: true })).replaceAll(/[│┌┐└┘─┴┬├┤\s]+/g, "")
  return plan.slice(plan.indexOf("READ_PARQUET"))
}

describe("an action in a transform", () => {
  test.each(["collect", "count", "show", "first"] as const)(
    "%s() does not compile, and throws in JavaScript",
    async action => {
      const wrong = asset("marts/wrong", {
        deps: { events },
        returns: frame({ id: t.int64 }),
        transform: ({ events }) => {
          // @ts-expect-error a frame of a transform has no actions
          events[action]()
          return events.select("id")
        },
      })
      await expect(materialize(new Watched().project({ events, wrong }))).rejects.toMatchObject({
        code: "FRAME_ACTION_IN_TRANSFORM",
        why: expect.stringContaining("scan the data once more"),
      })
    },
  )
})

describe("small files", () => {
  test("of a source become one, and a large table becomes files of about targetFileMB", async () => {
    await sql(
      `COPY (SELECT *, id // 20000 AS file FROM '${join(base, "events.parquet")}') TO '${join(base, "parts")}'
         (FORMAT parquet, PARTITION_BY (file))`,
    )
    const many = source("raw/parts", parquetFiles("parts/**/*.parquet", eventColumns))
    const whole = asset("staging/whole", { deps: { many }, returns, transform: ({ many }) => many })
    const cut = asset("staging/cut", {
      deps: { many },
      returns,
      layout: { targetFileMB: 8 },
      transform: ({ many }) => many,
    })
    const watched = new Watched()
    const project = watched.project({ many, whole, cut })
    const { run } = await watched.materialize(project)
    expect(run.steps.map(step => step.metadata.rows)).toEqual([ROWS, ROWS])
    expect(await filesOf(project, whole)).toHaveLength(1)
    const sizes = (await filesOf(project, cut)).map(file => statSync(file).size / 1e6)
    expect(sizes.length).toBeGreaterThan(3)
    // A file ends with the row group in which it becomes large enough; the last one of each thread holds the rest.
    expect(sizes.filter(size => size < 7).length).toBeLessThanOrEqual(availableParallelism())
    expect(Math.max(...sizes)).toBeLessThan(20)
  })

  test("of many additions are merged, and no row is lost", async () => {
    const watched = new Watched()
    let files: readonly string[] = []
    let most = 0
    for (let shard = 0; shard < 40; shard++) {
      const added = asset("marts/added", {
        deps: { events },
        returns: frame({ id: t.int64, name: t.string }),
        write: "append",
        transform: ({ events }) => events.filter(f => f.shard.equalTo(shard)).select("id", "name"),
      })
      const project = watched.project({ events, added })
      await watched.materialize(project)
      files = await filesOf(project, added)
      most = Math.max(most, files.length)
    }
    expect(most).toBe(32)
    expect(files.length).toBeLessThan(10)
    await using session = await openSession(duckdb({ threads: 1 }))
    const rows = session.read(parquetFiles([...files], { id: t.int64, name: t.string }))
    expect(await rows.count()).toBe(40_000)
    expect(await rows.distinct().count()).toBe(40_000)
  })
})

describe("in a script", () => {
  let session: Session
  beforeAll(async () => {
    session = await openSession(duckdb({ threads: 2 }))
  })
  afterAll(() => session?.close())
  const read = () => session.read(parquetFiles(join(base, "events.parquet"), eventColumns))

  test("collect() refuses more than its limit, says what to do instead, and stops the query", async () => {
    await expect(read().collect({ collectLimitBytes: 2 ** 20 })).rejects.toMatchObject({
      code: "FRAME_COLLECT_LIMIT",
      message: "collect() would bring more than 1 MiB into memory.",
      fix: expect.stringMatching(/Aggregate or limit first, stream with rows\(\) or batches\(\)/),
    })
    const few = await read()
      .limit(10)
      .collect({ collectLimitBytes: 2 ** 20 })
    expect(few.numRows).toBe(10)
    let rows = 0
    for await (const batch of read().batches()) rows += batch.numRows
    expect(rows).toBe(ROWS)
  })

  test("a salted group-by of skewed rows gives what a plain one gives, and is two for Spark", async () => {
    const skewed = join(base, "skewed.parquet")
    await sql(
      `COPY (SELECT CASE WHEN i % 10 > 0 THEN 'often' ELSE 'rare ' || (i % 70) END AS key, CAST(i % 1000 AS INTEGER) AS n,
         CAST(i % 100 AS DECIMAL(10, 2)) AS price FROM range(300000) AS t(i)) TO '${skewed}' (FORMAT parquet)`,
    )
    const reader = parquetFiles(skewed, { key: t.string, n: t.int32, price: t.decimal(10, 2) })
    const grouped = session.read(reader).groupBy("key")
    type Grouped = typeof grouped
    const totals = (of: Grouped) =>
      of
        .agg(f => ({ rows: count(), total: sum(f.price), mean: avg(f.n), different: countDistinct(f.n) }))
        .orderBy("key")
    const plain = await totals(grouped).take(10)
    expect(plain).toHaveLength(8)
    expect(plain[0]).toMatchObject({ key: "often", rows: 270_000n })
    expect(await totals(grouped.salted("key", 16)).take(10)).toEqual(plain)
    const inParts = asset("marts/in_parts", {
      deps: { events },
      returns: frame({ shard: t.int32, total: t.float64 }),
      transform: ({ events }) =>
        events
          .groupBy("shard")
          .salted("shard", 16)
          .agg(f => ({ total: sum(f.score) })),
    })
    expect(await sparkOf(new Watched().project({ events, inParts }), inParts)).toMatch(
      /GROUP BY t\.`shard`, pmod\(xxhash64\(.*\), 16\)\) AS t GROUP BY t\.`shard`/,
    )
  })

  test("a broadcast hint changes no row, and is told to Spark", async () => {
    const small = session.read(parquetFiles(join(base, "labels.parquet"), { shard: t.int32, label: t.string }))
    const large = read().select("id", "shard")
    const plain = await large.join(small, "shard").orderBy("id").collect()
    const hinted = await large.join(broadcast(small), "shard").orderBy("id").collect()
    expect(plain.numRows).toBe(10_000)
    expect(hinted.toArray().map(String)).toEqual(plain.toArray().map(String))
    const joined = asset("marts/joined", {
      deps: { events, labels },
      returns: frame({ shard: t.int32, id: t.int64, label: t.string }),
      transform: ({ events, labels }) => events.select("id", "shard").join(broadcast(labels), "shard"),
    })
    expect(await sparkOf(new Watched().project({ events, labels, joined }), joined)).toContain("/*+ BROADCAST(r) */")
  })
})
