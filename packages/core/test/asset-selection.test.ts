import { AssetsError, asset, definitions, json, type SelectionContext, selectionNeeds, source } from "@assets/core"
import fc from "fast-check"
import { describe, expect, test } from "vitest"

const value = { returns: json<number>(), compute: () => 1 }
const orders = source("raw/orders", undefined, { group: "raw", tags: { pii: "yes" } })
const users = source("raw/users", undefined, { group: "raw" })
const staged = asset("staging/orders", { ...value, deps: { orders }, group: "staging", owners: ["ann@example.com"] })
const people = asset("staging/users", { ...value, deps: { users }, group: "staging", tags: { pii: "yes" } })
const mid = asset("marts/mid", { ...value, deps: { staged }, kinds: ["sql"] })
const top = asset("marts/top", { ...value, deps: { mid, people }, group: "marts", owners: ["team:data"] })
const alone = asset("or", { ...value, group: "two words", tags: { pii: "no", tier: "gold" } })

const project = definitions({
  assets: { orders, users, staged, people, mid, top, alone },
  environments: { prod: {}, dev: {} },
  base: import.meta.dirname,
})
const select = (text: string | string[], context?: SelectionContext) => project.select(text, context).join(" ")

function faultOf(text: string | string[], context?: SelectionContext): AssetsError {
  try {
    project.select(text, context)
  } catch (error) {
    if (error instanceof AssetsError) return error
    throw error
  }
  throw new Error("nothing was thrown")
}

describe("what is selected", () => {
  test.each([
    ["*", "marts/mid marts/top or staging/orders staging/users"],
    ["marts/top", "marts/top"],
    ["key:marts/top", "marts/top"],
    ['"marts/top"', "marts/top"],
    ["staging/*", "staging/orders staging/users"],
    ["*/orders", "raw/orders staging/orders"],
    ["raw/*", "raw/orders raw/users"],
    ["key:or", "or"],
    ["tag:pii", "or staging/users"],
    ["tag:pii=yes", "staging/users"],
    ["owner:ann@example.com", "staging/orders"],
    ["owner:team:data", "marts/top"],
    ["group:staging", "staging/orders staging/users"],
    ['group:"two words"', "or"],
    ["group:raw", ""],
    ["group:raw+", "marts/mid marts/top staging/orders staging/users"],
    ["kind:sql", "marts/mid"],
    ["is:external", "raw/orders raw/users"],
    ["is:materializable", "marts/mid marts/top or staging/orders staging/users"],
    ["is:external and tag:pii", "raw/orders"],
    ["not is:external", "marts/mid marts/top or staging/orders staging/users"],
    ["not is:materializable", "raw/orders raw/users"],
    ["not raw/orders and not is:materializable", "raw/users"],
    ["+marts/mid", "marts/mid staging/orders"],
    ["1+marts/top", "marts/mid marts/top staging/users"],
    ["staging/orders+", "marts/mid marts/top staging/orders"],
    ["staging/orders+1", "marts/mid staging/orders"],
    ["+marts/mid+", "marts/mid marts/top staging/orders"],
    ["1+marts/mid+1", "marts/mid marts/top staging/orders"],
    ["raw/orders+1", "raw/orders staging/orders"],
    ["+marts/top and is:external", "raw/orders raw/users"],
    ["roots(*)", "or staging/orders staging/users"],
    ["sinks(*)", "marts/top or"],
    ["roots(+marts/top)", "staging/orders staging/users"],
    ["sinks(group:staging)", "staging/orders staging/users"],
    ["sinks(staging/orders or marts/top)", "marts/top"],
    ["not group:staging", "marts/mid marts/top or"],
    ["group:staging and not tag:pii or marts/mid", "marts/mid staging/orders"],
    ["marts/mid or group:staging AND tag:pii", "marts/mid staging/users"],
    ["(marts/mid OR group:staging) and tag:pii", "staging/users"],
    ["NOT NOT marts/mid", "marts/mid"],
    ["  \n marts/mid\n  or\tmarts/top ", "marts/mid marts/top"],
    ["path:asset-selection.test.ts and kind:sql", "marts/mid"],
    ["path:*.test.ts and kind:sql", "marts/mid"],
  ])("%s", (text, keys) => expect(select(text)).toBe(keys))

  test("several texts are a union, and none of them matches nothing", () => {
    expect(select(["marts/mid", "staging/* and tag:pii"])).toBe("marts/mid staging/users")
    expect(project.select([])).toEqual([])
  })

  test("status and changed come from the context", () => {
    expect(select("status:stale", { withStatus: status => new Set(status === "stale" ? ["marts/mid"] : []) })).toBe(
      "marts/mid",
    )
    expect(select("changed:prod+", { changedFrom: name => new Set(name === "prod" ? ["marts/mid"] : []) })).toBe(
      "marts/mid marts/top",
    )
    expect(faultOf("status:stale").code).toBe("ARGUMENT_INVALID")
    const needs = selectionNeeds(["+status:failed", "not (changed:prod or marts/top)"])
    expect([[...needs.statuses], [...needs.environments]]).toEqual([["failed"], ["prod"]])
  })
})

describe("what is refused", () => {
  test("a text that is no selection, with line, column and the place marked", () => {
    const fault = faultOf("marts/mid or\n  group:staging marts/top")
    expect(fault.code).toBe("SELECTION_SYNTAX")
    expect(fault.details).toMatchObject({ line: 2, column: 17 })
    expect(fault.why).toBe(`  group:staging marts/top\n${" ".repeat(16)}^`)
  })

  test.each([
    "",
    " ",
    "and",
    "marts/mid and",
    "not",
    "(marts/mid",
    "marts/mid)",
    "tag:",
    "tag:a=",
    "+",
    "1+",
    "foo:bar",
    "a,b",
    "'a'",
    '"a',
    "()",
    "+ +marts/mid",
    "sinks()",
    "marts/mid + marts/top",
    `${"(".repeat(300)}or`,
  ])("the syntax of %j", text => expect(["SELECTION_SYNTAX", "SELECTION_UNKNOWN_ASSET"]).toContain(faultOf(text).code))

  test("names that there are not, with the nearest", () => {
    expect(faultOf("marts/tpo")).toMatchObject({ code: "SELECTION_UNKNOWN_ASSET", fix: "Did you mean 'marts/top'?" })
    expect(faultOf("nothing/*")).toMatchObject({ code: "SELECTION_UNKNOWN_ASSET" })
    expect(faultOf("group:stagin")).toMatchObject({ code: "SELECTION_UNKNOWN_VALUE", fix: "Did you mean 'staging'?" })
    expect(faultOf("tag:pi")).toMatchObject({ code: "SELECTION_UNKNOWN_VALUE", fix: "Did you mean 'pii'?" })
    expect(faultOf("tag:pii=yse")).toMatchObject({ code: "SELECTION_UNKNOWN_VALUE", fix: "Did you mean 'yes'?" })
    expect(faultOf("gruop:staging")).toMatchObject({ code: "SELECTION_SYNTAX", fix: "Did you mean 'group'?" })
    for (const text of ["is:extern", "status:old", "changed:pord", "owner:bob", "kind:python", "path:nowhere"]) {
      expect(faultOf(text).code).toBe("SELECTION_UNKNOWN_VALUE")
    }
  })

  test("a selection that matches nothing, where something is required", () => {
    expect(select("group:staging and group:marts")).toBe("")
    expect(faultOf("group:staging and group:marts", { required: true }).code).toBe("SELECTION_EMPTY")
    expect(faultOf("group:raw", { required: true }).code).toBe("SELECTION_EMPTY")
  })
})

test("any text is a selection or refused as one", () => {
  const word = fc.constantFrom(
    "marts/top",
    "*",
    "group:staging",
    "+",
    "2",
    "(",
    ")",
    "not",
    "and",
    "or",
    "AND",
    "sinks(",
    "tag:",
    "=",
    '"',
    "\\",
    ":",
    " ",
    "é",
  )
  const text = fc.oneof(
    fc.string(),
    fc.array(word).map(words => words.join("")),
    fc.array(word).map(words => words.join(" ")),
  )
  fc.assert(
    fc.property(text, one => {
      try {
        project.select(one)
      } catch (error) {
        expect(error).toBeInstanceOf(AssetsError)
      }
    }),
    { numRuns: 2000 },
  )
})
