import { expect, test } from "vitest"
import { FrameError } from "../src/errors/frame-error.ts"
import { functionTable } from "../src/function/function-table.ts"
import { parseExpression } from "../src/plan/parse-expression.ts"
import { resolveExpression } from "../src/plan/resolve-expression.ts"

const schema = { columns: [{ name: "s", type: { kind: "string" } as const }] }

function thrownBy(text: string): unknown {
  try {
    resolveExpression(parseExpression(text), schema)
    return undefined
  } catch (error) {
    return error
  }
}

test("a function that is called with too few arguments is refused, whichever it is", () => {
  const names = Object.keys(functionTable).filter(name => /^[a-z]\w*$/.test(name))
  const thrown = names.flatMap(name => [`${name}()`, `${name}(s)`].map(text => [text, thrownBy(text)] as const))
  expect(thrown.filter(([, error]) => error !== undefined && !(error instanceof FrameError))).toEqual([])
  expect(thrownBy("map_contains_key()")).toMatchObject({ code: "FRAME_ARGUMENT_INVALID" })
})
