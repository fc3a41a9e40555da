import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterAll, beforeAll, expect, test } from "vitest"
import { LanguageServer } from "./language-server.ts"

const columns = ["amount", "customer_id", "id", "placed", "status"]
/** What stands before the cursor, which is at `|`, and what is offered there. */
const offers: readonly (readonly [string, readonly string[]])[] = [
  [`orders.select("|")`, columns],
  [`orders.select("id", "|")`, columns],
  [`orders.groupBy("|")`, columns],
  [`orders.drop("|")`, columns],
  [`orders.orderBy("|")`, columns],
  [`orders.dropDuplicates("|")`, columns],
  [`orders.join(customers, "|")`, columns],
  [`orders.filter(f => f.|)`, columns],
  [`orders.withColumn("double", f => f.|)`, columns],
  [`orders.select(f => ({ double: f.| }))`, columns],
  [`orders.groupBy("customer_id").agg(f => ({ total: sum(f.|) }))`, columns],
  [`orders.joinOn(customers, (l, r) => r.|)`, ["city", "customer"]],
  [`orders.groupBy("customer_id").agg(f => ({ total: sum(f.amount) })).filter(f => f.|)`, ["customer_id", "total"]],
  [`orders.select("id", f => ({ double: f.amount.multiply(2) })).select("|")`, ["double", "id"]],
  [`orders.rename({ id: "order" }).drop("status", "amount").select("|")`, ["customer_id", "order", "placed"]],
  [`asset("a", { ...about, transform: ({ orders }) => orders.select("|") })`, columns],
  [`asset("a", { ...about, transform: ({ orders }) => orders.filter(f => f.|) })`, columns],
  [`asset("a", { ...about, compute: ({ orders }) => orders.orderBy("|") })`, columns],
  [`asset("a", { ...about, transform: t => t.orders, layout: { sortBy: ["|"] } })`, ["customer_id", "total"]],
  [`asset("a", { ...about, transform: t => t.orders, write: { merge: ["|"] } })`, ["customer_id", "total"]],
]

const before = `import { asset, source } from "@assets/core"
import { frame, parquetFiles, t } from "@assets/dataframe"
import { check } from "@assets/dataframe/checks"
import { sum } from "@assets/dataframe/functions"
const raw = source("raw/orders", parquetFiles("a.parquet", {
  id: t.int64, customer_id: t.int64, amount: t.decimal(10, 2), status: t.string, placed: t.timestamp,
}))
const orders = raw.returns.input("raw/orders")
const customers = frame({ customer: t.int64, city: t.string }).input("raw/customers")
const returns = frame({ customer_id: t.int64, total: t.decimal(20, 2) })
const about = { deps: { orders: raw }, returns }
`

const scratch = join(import.meta.dirname, "../.tmp")
let folder: string
let server: LanguageServer

beforeAll(async () => {
  mkdirSync(scratch, { recursive: true })
  folder = mkdtempSync(join(scratch, "completion-"))
  const compilerOptions = { strict: true, module: "nodenext", target: "es2023", skipLibCheck: true, types: [] }
  writeFileSync(join(folder, "package.json"), `{ "type": "module", "private": true }`)
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions }))
  server = await LanguageServer.start(folder)
})
afterAll(async () => {
  await server?.close()
  rmSync(folder, { recursive: true, force: true })
})

let files = 0
/** What the language server offers at the `|` of a line below the declarations above. */
async function offeredAt(text: string): Promise<readonly string[]> {
  const file = join(folder, `edited-${++files}.ts`)
  writeFileSync(file, `${before}${text.replace("|", "")}\n`)
  server.open(file)
  return server.completions(file, before.split("\n").length - 1, text.indexOf("|"))
}

test.each(offers)("an editor offers the columns, and nothing else: %s", async (text, wanted) => {
  const offered = await offeredAt(text)
  // The key of a join may be any text, so that a wrong one is told in a sentence: what was typed so far is one, too.
  expect(offered.filter(name => name !== "").sort()).toEqual(wanted)
})

test("an editor offers the columns to a check of one's own, beside the frame's methods", async () => {
  const offered = await offeredAt(`check("positive", f => f.|, { of: returns })`)
  expect(offered).toEqual(expect.arrayContaining(["customer_id", "total", "groupBy"]))
})

test("an editor offers the methods that a column of its type has", async () => {
  expect(await offeredAt("orders.filter(f => f.amount.|)")).toEqual(expect.arrayContaining(["plus", "gt", "between"]))
  expect(await offeredAt("orders.filter(f => f.status.|)")).toEqual(expect.arrayContaining(["like", "startsWith"]))
  expect(await offeredAt("orders.filter(f => f.amount.|)")).not.toContain("startsWith")
  expect(await offeredAt("orders.filter(f => f.status.|)")).not.toContain("plus")
})

test("an editor offers no action on a lazy frame", async () => {
  const methods = await offeredAt("orders.|")
  expect(methods).toEqual(expect.arrayContaining(["filter", "groupBy", "join"]))
  expect(methods).not.toContain("collect")
})
