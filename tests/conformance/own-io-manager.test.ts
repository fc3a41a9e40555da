import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { definitions, materialize, status } from "@assets/core"
import { expect, onTestFinished, test } from "vitest"
import { arrowIO } from "../../examples/own-io-manager/arrow-io.ts"
import * as assets from "../../examples/own-io-manager/assets.ts"

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
