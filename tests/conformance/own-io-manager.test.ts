import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { definitions, materialize, status } from "@assets/core"
import { ioContext } from "@assets/core/testing"
import { expect, onTestFinished, test } from "vitest"
import { arrowIO } from "../../examples/own-io-manager/arrow-io.ts"
import * as assets from "../../examples/own-io-manager/assets.ts"
import { outputContext, writtenKey } from "./output-context.ts"
import { storages } from "./storages.ts"

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const example = join(root, "examples/own-io-manager")
const textOf = (path: string) => readFileSync(path, "utf8")

test("the example of an IO manager has less than 60 lines of code", () => {
  const code = textOf(join(example, "arrow-io.ts"))
    .replace(/\/\*\*[\s\S]*?\*\//g, "")
    .split("\n")
    .filter(line => line.trim() !== "" && !line.trim().startsWith("//"))
  expect(code.length).toBeLessThan(60)
})

test.each(["arrow-io.ts", "assets.config.ts", "assets.ts", "conformance.ts"])(
  "the guide shows %s as it is in the example",
  name => {
    const page = textOf(join(root, "docs/guide/own-io-manager.md"))
    expect(page).toContain(`\`\`\`ts ${name}\n${textOf(join(example, name))}\`\`\`\n`)
  },
)

test("the project of the example runs, and runs nothing again that is unchanged", async () => {
  const base = mkdtempSync(join(tmpdir(), "assets-own-io-"))
  onTestFinished(() => rmSync(base, { recursive: true, force: true }))
  const project = definitions({ assets, environments: { local: { io: arrowIO({ root: "data" }) } }, base })
  const run = await materialize(project)
  expect(run.steps.map(step => [step.key, step.status])).toEqual([
    ["shop/orders", "materialized"],
    ["shop/revenue", "materialized"],
    ["shop/best", "materialized"],
  ])
  expect(await run.value(assets.best)).toBe("pot")
  await run.close()
  const again = await materialize(project)
  expect(again.steps.map(step => step.status)).toEqual(["skipped", "skipped", "skipped"])
  expect((await status(project)).map(one => one.status)).toEqual(["fresh", "fresh", "fresh"])
})

test("a record that is torn is an error with a way out, and no crash", async () => {
  const fixture = storages["own on duckdb"]?.()
  if (!fixture) throw new Error("the example is among the storages")
  onTestFinished(() => fixture.close())
  const io = fixture.createIOManager()
  const write = (partition: string) =>
    io.handleOutput(
      { ...outputContext(fixture, partition), partitions: [partition] },
      { kind: "json", value: partition },
    )
  await write("a")
  const pointer = join(fixture.base, "data", writtenKey, "p=a.current")
  writeFileSync(pointer, readFileSync(pointer, "utf8").slice(0, 20))
  const current = io.current(ioContext(fixture.base), [writtenKey])
  await expect(current).rejects.toMatchObject({ code: "STORAGE_UNREADABLE", fix: expect.stringContaining("remove it") })
})

test("a partition whose name is too long for a file is kept", async () => {
  const fixture = storages["own on duckdb"]?.()
  if (!fixture) throw new Error("the example is among the storages")
  onTestFinished(() => fixture.close())
  const io = fixture.createIOManager()
  for (const partition of ["ü".repeat(300), "ä".repeat(300)]) {
    await io.handleOutput({ ...outputContext(fixture, partition), partitions: [partition] }, { kind: "json", value: 1 })
  }
  const found = (await io.current(ioContext(fixture.base), [writtenKey])).get(writtenKey)
  expect(found?.map(one => one.partition).sort()).toEqual(["ä".repeat(300), "ü".repeat(300)])
})
