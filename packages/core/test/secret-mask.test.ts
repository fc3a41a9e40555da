import { type AssetsEvent, asset, definitions, json, materialize } from "@assets/core"
import { memoryIO } from "@assets/core/testing"
import fc from "fast-check"
import { afterEach, describe, expect, test } from "vitest"
import { maskCredentials, maskJson, maskSecrets, noteVariable } from "../src/util/secret-mask.ts"
import { eachTestInFolder } from "./temp-folder.ts"

const folder = eachTestInFolder()
const secret = 'pass/wörd "7"+x'

afterEach(() => {
  delete process.env.ASSETS_TEST_TOKEN
  delete process.env.ASSETS_TEST_PLACE
})

describe("a secret", () => {
  test("is the value of a variable whose name looks like one, long enough to be told from other text", () => {
    process.env.ASSETS_TEST_TOKEN = "short"
    process.env.ASSETS_TEST_PLACE = "long enough"
    expect(maskSecrets("short and long enough")).toBe("short and long enough")
    process.env.ASSETS_TEST_TOKEN = "now long enough"
    expect(maskSecrets("it is now long enough.")).toBe("it is ***.")
  })

  test("is no key of an asset or a partition", () => {
    process.env.ASSETS_TEST_PARTITION_KEY = "2024-01-05"
    expect(maskSecrets("a/b[2024-01-05]")).toBe("a/b[2024-01-05]")
    delete process.env.ASSETS_TEST_PARTITION_KEY
  })

  test("is one that an environment has used, also a short one; a place is none", () => {
    noteVariable("DB_PASSWORD", "hunt-3r")
    noteVariable("DB_HOST", "db.example.org")
    expect(maskSecrets("hunt-3r@db.example.org")).toBe("***@db.example.org")
  })

  test("is found as it stands in JSON and in URLs, and in every text of a value, but not in names", () => {
    process.env.ASSETS_TEST_TOKEN = secret
    expect(maskSecrets(JSON.stringify({ secret }))).toBe('{"secret":"***"}')
    expect(maskSecrets(`https://x/?q=${encodeURIComponent(secret)}`)).toBe("https://x/?q=***")
    expect(maskJson({ [secret]: [secret, { a: `-${secret}-` }, 1, null] })).toEqual({
      [secret]: ["***", { a: "-***-" }, 1, null],
    })
  })

  test("leaves nothing of itself, whatever it is and wherever it stands", () => {
    const value = fc
      .string({ minLength: 8, unit: "grapheme" })
      .filter(text => !text.includes("\0") && !"***".includes(text))
    fc.assert(
      fc.property(value, fc.string(), fc.string(), (value, before, after) => {
        process.env.ASSETS_TEST_TOKEN = value
        expect(maskSecrets(`${before}${value}${after}`)).not.toContain(value)
        expect(maskSecrets(JSON.stringify({ before, value, after }))).not.toContain(JSON.stringify(value).slice(1, -1))
      }),
    )
  })
})

test.each([
  ["sc://host:15002/;token=abc;user_id=me", "sc://host:15002/;token=***;user_id=me"],
  ["postgres://me:pw@host/db", "postgres://me:***@host/db"],
  [`postgres://me:\${PW}@host/db`, `postgres://me:\${PW}@host/db`],
  ["s3://lake/a?access_key=abc&region=eu", "s3://lake/a?access_key=***&region=eu"],
  [`s3://lake/a?token=\${TOKEN}`, `s3://lake/a?token=\${TOKEN}`],
  ["s3://lake/assets", "s3://lake/assets"],
])("the form of %s tells what of it is secret", (text, shown) => {
  expect(maskCredentials(text)).toBe(shown)
})

test("a compute that logs, reports and throws its token leaves it nowhere", async () => {
  process.env.ASSETS_TEST_TOKEN = secret
  const leaky = asset("a/leaky", {
    returns: json<number>(),
    version: "1",
    compute: (_, ctx) => {
      ctx.log.info(`calling with ${secret}`, { header: `Bearer ${secret}` })
      ctx.metadata({ used: secret })
      if (secret) throw new Error(`401 for ${secret}`, { cause: new Error(`token ${secret}`) })
      return 1
    },
  })
  const told = asset("a/told", {
    returns: json<number>(),
    version: "1",
    compute: (_, ctx) => {
      ctx.metadata({ used: secret })
      return 1
    },
  })
  const events: AssetsEvent[] = []
  const project = definitions({ assets: { leaky, told }, environments: { local: { io: memoryIO() } }, base: folder() })
  const run = await materialize(project, { onEvent: event => events.push(event) })
  expect(run.steps.map(({ status }) => status)).toEqual(["failed", "materialized"])
  const text = JSON.stringify(events)
  expect(text).not.toContain(JSON.stringify(secret).slice(1, -1))
  expect(text).toContain("calling with ***")
  expect(text).toContain("Bearer ***")
  expect(text).toContain("401 for ***")
  expect(text).toContain('{"used":"***"}')
})
