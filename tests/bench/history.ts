import { mkdirSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { asset, definitions, inMemory, json, openEventLog } from "@assets/core"
import Database from "better-sqlite3"
import { type Cost, cost, type Line, quantile } from "./measure.ts"

const cli = join(import.meta.dirname, "../../packages/cli/dist/main.js")

const ASSETS = 20
const DAYS = 100
const TIMES = 7
const LIMIT_MS = 300

/** A chain of assets, and one with a hundred partitions: plan and status look at all of them. */
function writeProject(folder: string): void {
  mkdirSync(folder, { recursive: true })
  const lines = [
    `import { asset, daily, json } from "@assets/core"`,
    `const partitions = daily({ start: "2026-01-01", end: "2026-04-11" })`,
  ]
  for (let i = 0; i < ASSETS; i++) {
    const deps = i === 0 ? "" : `deps: { up: a${i - 1} }, `
    lines.push(
      `export const a${i} = asset("bench/asset_${i}", { ${deps}returns: json<number>(), version: "1", compute: () => ${i} })`,
    )
  }
  lines.push(
    `export const days = asset("bench/days", { partitions, returns: json<number>(), version: "1", compute: () => 1 })`,
  )
  writeFileSync(join(folder, "assets.ts"), `${lines.join("\n")}\n`)
  writeFileSync(join(folder, "package.json"), `{ "name": "bench", "type": "module", "private": true }\n`)
}

/**
 * Repeats what one real run left, under other ids, until the log holds as many events: the rows are those that the log
 * itself wrote.
 */
function multiply(path: string, events: number): { readonly count: number; readonly perRun: number } {
  const db = new Database(path)
  try {
    db.pragma("synchronous = OFF")
    const per = db.prepare("SELECT count(*) FROM events").pluck().get() as number
    const { number, last } = db
      .prepare("SELECT max(r.number) AS number, (SELECT max(id) FROM events) AS last FROM runs r")
      .get() as { number: number; last: number }
    const columns = (table: string, without: readonly string[]) => {
      const all = db.prepare(`SELECT name FROM pragma_table_info('${table}')`).pluck().all() as string[]
      return all.filter(name => !without.includes(name)).join(", ")
    }
    const runColumns = columns("runs", ["number", "id"])
    const eventColumns = columns("events", ["id", "run"])
    const stepColumns = columns("steps", ["run", "first_event", "last_event"])
    const copies = Math.ceil(events / per) - 1
    const statements = {
      run: db.prepare(
        `INSERT INTO runs (number, id, ${runColumns}) SELECT ?, ?, ${runColumns} FROM runs WHERE number = ?`,
      ),
      events: db.prepare(
        `INSERT INTO events (id, run, ${eventColumns}) SELECT id + ?, ?, ${eventColumns} FROM events WHERE run = ?`,
      ),
      steps: db.prepare(
        `INSERT INTO steps (run, first_event, last_event, ${stepColumns})
          SELECT ?, first_event + ?, last_event + ?, ${stepColumns} FROM steps WHERE run = ?`,
      ),
      materializations: db.prepare(
        "INSERT INTO materializations SELECT event + ?, environment, key FROM materializations WHERE event <= ?",
      ),
    }
    db.transaction(() => {
      for (let copy = 1; copy <= copies; copy++) {
        const offset = copy * last
        const id = `0192e4a0-0000-7000-8000-${`${copy}`.padStart(12, "0")}`
        statements.run.run(number + copy, id, number)
        statements.events.run(offset, number + copy, number)
        statements.steps.run(number + copy, offset, offset, number)
        statements.materializations.run(offset, last)
      }
      db.prepare("UPDATE latest SET event = event + ?").run(copies * last)
    })()
    db.pragma("wal_checkpoint(TRUNCATE)")
    return { count: per * (copies + 1), perRun: per }
  } finally {
    db.close()
  }
}

interface Took {
  readonly wall: number
  readonly cpu: number
}

const tell = ({ wall, cpu }: Took) => `${wall} ms (CPU ${cpu} ms)`

/** Milliseconds of what the commands ask of the log, its opening with it. */
function readLog(folder: string): number {
  const project = definitions({
    assets: [asset("bench/other", { returns: json<number>(), version: "1", compute: () => 1 })],
    environments: { local: inMemory() },
    base: folder,
  })
  const begin = performance.now()
  const log = openEventLog(project, { state: { path: join(folder, ".assets") } })
  const [latest] = log.runs()
  if (latest) log.steps(latest.id)
  log.latest({ environment: "local" })
  log.close()
  return performance.now() - begin
}

/** Queries of the CLI on an event log of many events, whole commands with their start. */
export async function history(folder: string, { events }: { readonly events: number }): Promise<Line[]> {
  writeProject(folder)
  const command = (...args: readonly string[]) => ({ program: process.execPath, args: [cli, ...args], cwd: folder })
  await cost(command("materialize", "--partitions", "all"))
  const path = join(folder, ".assets", "assets.db")
  const queries = { status: ["status"], plan: ["plan"], runs: ["runs"], "runs show": ["runs", "show", "latest"] }
  const measure = async (args: readonly string[]) => {
    const costs: Cost[] = []
    for (let i = 0; i < TIMES; i++) costs.push(await cost(command(...args)))
    const median = (of: (cost: Cost) => number) => Math.round(1000 * quantile(costs.map(of), 0.5))
    return { wall: median(one => one.wallSeconds), cpu: median(one => one.cpuSeconds) }
  }
  const small = new Map<string, string>()
  for (const [name, args] of Object.entries(queries)) small.set(name, tell(await measure(args)))
  const { count, perRun } = multiply(path, events)
  const lines: Line[] = []
  for (const [name, args] of Object.entries(queries)) {
    const took = await measure(args)
    lines.push({
      what: `assets ${name} with ${count.toLocaleString("en-US")} events in the log, ${ASSETS} assets and ${DAYS} partitions`,
      figure: `${tell(took)}; ${small.get(name)} with one run`,
      limit: `${LIMIT_MS} ms`,
      holds: took.wall <= LIMIT_MS,
    })
  }
  const own = quantile(
    Array.from({ length: TIMES }, () => readLog(folder)),
    0.5,
  )
  lines.push({
    what: "opening that log, its latest runs, the steps of one and what is latest, in process",
    figure: `${own.toFixed(1)} ms`,
    limit: "50 ms",
    holds: own <= 50,
  })
  const steps = (ASSETS + DAYS) * Math.round(count / perRun)
  const each = statSync(path).size / steps
  lines.push({
    what: "history of a step without checks",
    figure: `${each.toFixed(0)} B`,
    limit: "2,000 B",
    holds: each <= 2000,
  })
  return lines
}
