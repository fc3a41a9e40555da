import { FrameError } from "../errors/frame-error.ts"
import type { Column } from "../schema/data-type.ts"
import { columnNamed, distinctNames } from "./column-named.ts"
import type { Expression } from "./expression.ts"
import { generateBelow } from "./generate.ts"
import type { NamedExpression, Relation } from "./relation.ts"
import { type NamedUnresolved, resolveRowWise } from "./resolve-row-wise.ts"

/** The column itself, as an expression. */
export function columnOf({ name, type }: Column): Expression {
  return { kind: "column", name, type }
}

export function keep(column: Column, name = column.name): NamedExpression {
  return { name, expression: columnOf(column) }
}

/** A projection of resolved expressions. @throws FrameError `FRAME_COLUMN_DUPLICATE`, `FRAME_ARGUMENT_INVALID` */
export function projectResolved(input: Relation, columns: readonly NamedExpression[]): Relation {
  const schema = { columns: columns.map(({ name, expression }) => ({ name, type: expression.type })) }
  if (columns.length === 0) {
    throw new FrameError("FRAME_ARGUMENT_INVALID", {
      what: "A frame without columns was asked for.",
      why: "A frame has at least one column.",
      fix: "Name a column.",
    })
  }
  distinctNames(schema.columns)
  return { kind: "project", input, columns, schema }
}

/** `select`: columns by name, spelled as asked for, and computed ones, in the order given. */
export function select(below: Relation, columns: readonly (string | NamedUnresolved)[]): Relation {
  const named = columns.map((column): NamedUnresolved => {
    if (typeof column === "object" && column !== null) return column
    return { name: column, unresolved: { kind: "column", name: columnNamed(below.schema.columns, column).name } }
  })
  const { input, columns: wanted } = generateBelow(below, named, "select")
  const scope = input.schema.columns
  return projectResolved(
    input,
    wanted.map(({ name, unresolved }) => ({ name, expression: resolveRowWise(unresolved, scope, "select") })),
  )
}

/** `withColumns`: new columns stand at the end, those that exist keep their place. */
export function withColumns(below: Relation, given: readonly NamedUnresolved[]): Relation {
  const { input, columns: computed } = generateBelow(below, given, "withColumns")
  const scope = input.schema.columns
  distinctNames(computed.map(({ name }) => ({ name, type: { kind: "void" } })))
  const added = new Map(
    computed.map(({ name, unresolved }): [string, NamedExpression] => [
      name.toLowerCase(),
      { name, expression: resolveRowWise(unresolved, scope, `the column '${name}'`) },
    ]),
  )
  const columns = below.schema.columns.map(column => {
    const replaced = added.get(column.name.toLowerCase())
    added.delete(column.name.toLowerCase())
    return replaced ?? keep(column)
  })
  return projectResolved(input, [...columns, ...added.values()])
}

/** `rename`: the columns keep their places. */
export function rename(input: Relation, names: { readonly [from: string]: string | undefined }): Relation {
  const scope = input.schema.columns
  const renamed = new Map<string, string>()
  for (const [from, to] of Object.entries(names)) {
    const column = columnNamed(scope, from)
    if (to !== undefined) renamed.set(column.name, columnName(to))
  }
  return projectResolved(
    input,
    scope.map(column => keep(column, renamed.get(column.name))),
  )
}

/** A name for a new column. @throws FrameError `FRAME_ARGUMENT_INVALID` */
export function columnName(name: unknown): string {
  if (typeof name === "string" && name !== "") return name
  throw new FrameError("FRAME_ARGUMENT_INVALID", {
    what: `A column's name is ${name === "" ? "empty" : `of type ${name === null ? "null" : typeof name}`}.`,
    why: "Each column has a name.",
    fix: "Give the column a name that is a text.",
  })
}

/** `drop`: all columns but these. */
export function drop(input: Relation, names: readonly unknown[]): Relation {
  const scope = input.schema.columns
  const dropped = new Set(names.map(name => columnNamed(scope, name)))
  return projectResolved(
    input,
    scope.filter(column => !dropped.has(column)).map(column => keep(column)),
  )
}
