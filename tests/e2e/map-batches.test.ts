import { describe, expect, test } from "vitest"
import { cliProject } from "./cli-project.ts"

const project = {
  "orders.csv": "id,cents\n1,1250\n2,400\n",
  "round.ts": `import { type RecordBatch, tableFromArrays } from "apache-arrow"
export function euros(batch: RecordBatch): RecordBatch {
  const cents = batch.getChild("cents")?.toArray() as BigInt64Array
  const [made] = tableFromArrays({ euros: cents.map(one => one / 100n) }).batches
  return made ?? batch
}
`,
  "assets.ts": `import { asset, source } from "@assets/core"
import { csvFiles, frame, t } from "@assets/dataframe"
import { sum } from "@assets/dataframe/functions"
import { euros } from "./round.ts"
export const orders = source("raw/orders", csvFiles("orders.csv", { id: t.int64, cents: t.int64 }, { header: true }))
export const total = asset("marts/total", {
  deps: { orders },
  returns: frame({ euros: t.int64 }),
  transform: ({ orders }) => orders.mapBatches({ euros: t.int64 }, euros).agg(f => ({ euros: sum(f.euros) })),
})
`,
}

describe("mapBatches in a project", () => {
  test("a change in a module that its function imports makes it stale, a comment does not", async () => {
    const made = cliProject(project)
    const run = async () => {
      const events = await made.json<{ type: string; reason?: string }>(["materialize"])
      return events
        .filter(({ type }) => /^step_(succeeded|skipped|materialized|failed)/.test(type))
        .map(one => one.type)
    }
    expect((await made.assets(["materialize"])).code).toBe(0)
    expect(await made.json(["show", "marts/total"])).toEqual([{ euros: "16" }].map(row => expect.objectContaining(row)))
    expect(await run()).toEqual(["step_skipped"])
    made.write({ "round.ts": `// a comment\n${project["round.ts"]}` })
    expect(await run()).toEqual(["step_skipped"])
    made.write({ "round.ts": project["round.ts"].replace("100n", "10n") })
    const [step] = await made.json<{ decision: string; reasons: { kind: string }[] }>(["plan"])
    expect(step).toMatchObject({ decision: "run", reasons: [{ kind: "code_changed" }] })
  })

  test("plan --sql prints the statements around it", async () => {
    const made = cliProject(project)
    const [step] = await made.json<{ sql: string }>(["plan", "--sql"])
    expect(step?.sql).toMatch(/^-- through the function of mapBatches into map_batches_1:\nSELECT .*orders\.csv/)
    expect(step?.sql).toContain('FROM "map_batches_1"')
  })
})
