import { resource } from "@assets/core"
import { expect, test } from "vitest"
import { ResourceScope } from "../src/environment/resource.ts"

const context = { environment: "test", vars: {}, signal: new AbortController().signal }

function recorded() {
  const told: string[] = []
  const make = (name: string, fails = false) =>
    resource(name, {
      open: ({ environment }) => {
        told.push(`open ${name}`)
        return `${name} of ${environment}`
      },
      close: value => {
        told.push(`close ${value}`)
        if (fails) throw new Error("stuck")
      },
    })
  return { told, make }
}

test("opens a resource when it is asked for, once, and closes the last opened first", async () => {
  const { told, make } = recorded()
  const [a, b, c] = [make("a"), make("b"), make("c")]
  const scope = new ResourceScope([a, b, c], context)
  expect(Object.keys(scope.values)).toEqual(["a", "b", "c"])
  expect(told).toEqual([])
  const ctx = { resources: scope.values }
  expect(await Promise.all([b.from(ctx), b.from(ctx), a.from(ctx)])).toEqual(["b of test", "b of test", "a of test"])
  await scope.close()
  await scope.close()
  expect(told).toEqual(["open b", "open a", "close a of test", "close b of test"])
  await expect(c.from(ctx)).rejects.toThrow("not open")
})

test("closes the others when one fails to close, and tells of it", async () => {
  const { told, make } = recorded()
  const scope = new ResourceScope([make("a"), make("b", true)], context)
  await scope.get("a")
  await scope.get("b")
  await expect(scope.close()).rejects.toMatchObject({ code: "USER_CODE_FAILED", details: { resource: "b" } })
  expect(told.slice(2)).toEqual(["close b of test", "close a of test"])
})

test("tries an opening that failed again, and closes nothing for it", async () => {
  let tries = 0
  const closed: number[] = []
  const flaky = resource("flaky", {
    open: () => {
      if (++tries === 1) throw new Error("refused")
      return tries
    },
    close: value => void closed.push(value),
  })
  const scope = new ResourceScope([flaky], context)
  await expect(scope.get("flaky")).rejects.toThrow("refused")
  expect(await scope.get("flaky")).toBe(2)
  await scope.close()
  expect(closed).toEqual([2])
})
