import { FrameError } from "../errors/frame-error.ts"
import type { Column } from "../schema/data-type.ts"
import { columnNamed, distinctNames } from "./column-named.ts"
import type { Expression, Unresolved } from "./expression.ts"
import type { NamedExpression, Relation } from "./relation.ts"
import { resolveExpression } from "./resolve-expression.ts"
import { hasAggregate } from "./walk-expression.ts"

/** A computed column whose names and types are not looked up yet. */
export interface NamedUnresolved {
  readonly name: string
  readonly unresolved: Unresolved
}

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

/** Resolves a column of a projection. @throws FrameError also for an aggregate, which belongs to `agg` */
export function resolveRowWise(unresolved: Unresolved, columns: readonly Column[], place: string): Expression {
  const expression = resolveExpression(unresolved, { columns })
  if (hasAggregate(expression)) {
    throw new FrameError("FRAME_AGGREGATE_INVALID", {
      what: `An aggregate stands in ${place}.`,
      why: "An aggregate is one value for many rows; here one is computed for each row.",
      fix: "Aggregate with agg() or groupBy().agg(), and join its result where it is needed.",
    })
  }
  return expression
}

/** `select`: columns by name, spelled as asked for, and computed ones, in the order given. */
export function select(input: Relation, columns: readonly (string | NamedUnresolved)[]): Relation {
  const scope = input.schema.columns
  return projectResolved(
    input,
    columns.map(column =>
      typeof column === "string" || column === null || typeof column !== "object"
        ? keep(columnNamed(scope, column), column)
        : { name: column.name, expression: resolveRowWise(column.unresolved, scope, "select") },
    ),
  )
}

/** `withColumns`: new columns stand at the end, those that exist keep their place. */
export function withColumns(input: Relation, computed: readonly NamedUnresolved[]): Relation {
  const scope = input.schema.columns
  distinctNames(computed.map(({ name }) => ({ name, type: { kind: "void" } })))
  const added = new Map(
    computed.map(({ name, unresolved }): [string, NamedExpression] => [
      name.toLowerCase(),
      { name, expression: resolveRowWise(unresolved, scope, `the column '${name}'`) },
    ]),
  )
  const columns = scope.map(column => {
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
