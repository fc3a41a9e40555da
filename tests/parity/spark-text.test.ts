import { expect, test } from "vitest"
import { FrameError } from "../../packages/dataframe/src/errors/frame-error.ts"
import { sparkName } from "../../packages/dataframe/src/function/sql-fragment.ts"
import type { Expression } from "../../packages/dataframe/src/plan/expression.ts"
import { parseExpression } from "../../packages/dataframe/src/plan/parse-expression.ts"
import { resolveExpression } from "../../packages/dataframe/src/plan/resolve-expression.ts"
import { mapChildren } from "../../packages/dataframe/src/plan/walk-expression.ts"
import type { Column } from "../../packages/dataframe/src/schema/data-type.ts"
import { parseDataType } from "../../packages/dataframe/src/schema/parse-data-type.ts"
import { sparkExpression } from "../../packages/dataframe/src/sql/spark/spark-expression.ts"
import { type GoldenCase, readGolden } from "./golden/golden-file.ts"

const golden = readGolden()

function columnsOf(c: GoldenCase): Column[] {
  const columns = golden.tables[c.table]?.columns ?? []
  return [
    { name: "key", type: { kind: "int32" } },
    ...columns.map(({ name, type }) => ({ name, type: parseDataType(type) })),
  ]
}

/** The run's instant as the literal that it is bound to. */
function atNow(expression: Expression): Expression {
  const now: Expression = { kind: "literal", value: "2024-06-01T12:00:00Z", type: { kind: "timestamp" } }
  return expression.kind === "parameter" ? now : mapChildren(expression, atNow)
}

/** The expression with a literal that is cast to its type as the literal, which is how a text must write some. */
function meaning(expression: Expression): string {
  return JSON.stringify(folded(expression))
}

function folded(expression: Expression): Expression {
  const inner = mapChildren(expression, folded)
  if (inner.kind !== "cast" || inner.input.kind !== "literal") return inner
  const { value, type } = inner.input
  const text = type.kind === "string" || value === null
  return text ? { kind: "literal", value, type: inner.type } : inner
}

test("the Spark text of every case of the golden file is read back as the same expression", () => {
  const differing: string[] = []
  let same = 0
  for (const c of golden.cases) {
    const columns = columnsOf(c)
    let expression: Expression
    try {
      expression = atNow(resolveExpression(parseExpression(c.sparkSql), { columns }))
    } catch (error) {
      if (error instanceof FrameError) continue
      throw error
    }
    const text = sparkExpression(expression, ({ name }) => sparkName(name)).text
    try {
      const again = resolveExpression(parseExpression(text), { columns })
      if (meaning(again) === meaning(expression)) same++
      else differing.push(`${c.id} | ${c.sparkSql} | ${text}`)
    } catch (error) {
      differing.push(`${c.id} | ${c.sparkSql} | ${text} | ${error instanceof Error ? error.message : error}`)
    }
  }
  console.log(`read back as they were: ${same}, differing: ${differing.length}`)
  expect(differing).toEqual([])
})
