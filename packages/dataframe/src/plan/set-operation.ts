import { FrameError } from "../errors/frame-error.ts"
import { castOf } from "../function/implicit-cast.ts"
import { commonType } from "../schema/common-type.ts"
import type { Column, DataType } from "../schema/data-type.ts"
import { sameType, typeName } from "../schema/type-name.ts"
import { findColumn } from "./column-named.ts"
import { columnOf, keep, projectResolved } from "./project.ts"
import type { Relation } from "./relation.ts"
import { comparable } from "./select-rows.ts"

type Operation = "union" | "intersect" | "except"

/** Rows of both by position, under the names of the left; types are widened through casts. */
export function setOperation(left: Relation, right: Relation, operation: Operation, all: boolean): Relation {
  const [l, r] = [left.schema.columns, right.schema.columns]
  if (l.length !== r.length) throw otherCount(l, r, operation)
  refuseShuffled(l, r, operation)
  const types = l.map((column, i) => commonOf(column, r[i] ?? column, operation))
  if (operation !== "union" || !all) comparable(l, operation)
  return stacked(left, right, types, operation, all)
}

/** Rows of both by name; with `allowMissing` a column of one side only is null for the other. */
export function unionByName(left: Relation, right: Relation, allowMissing: boolean): Relation {
  const [l, r] = [left.schema.columns, right.schema.columns]
  const onlyLeft = l.filter(column => !findColumn(r, column.name))
  const onlyRight = r.filter(column => !findColumn(l, column.name))
  const [missing] = [...onlyLeft, ...onlyRight]
  if (missing && !allowMissing) throw lacks(missing, onlyLeft.includes(missing) ? "right" : "left")
  const columns = [...l, ...onlyRight]
  const types = columns.map(column => commonOf(column, findColumn(r, column.name) ?? column, "unionByName"))
  const filled = (side: Relation) =>
    projectResolved(
      side,
      columns.map((column, i) => {
        const own = findColumn(side.schema.columns, column.name)
        const type = types[i] ?? column.type
        return {
          name: column.name,
          expression: own ? castOf(columnOf(own), type) : { kind: "literal", value: null, type },
        }
      }),
    )
  return stacked(filled(left), filled(right), types, "union", true)
}

function stacked(
  left: Relation,
  right: Relation,
  types: readonly DataType[],
  operation: Operation,
  all: boolean,
): Relation {
  const schema = { columns: left.schema.columns.map(({ name }, i) => ({ name, type: types[i] ?? { kind: "void" } })) }
  return { kind: "set", operation, all, left: widened(left, types), right: widened(right, types), schema }
}

/** The relation with its columns cast to these types; itself where they are of these types. */
function widened(input: Relation, types: readonly DataType[]): Relation {
  const columns = input.schema.columns
  if (columns.every((column, i) => sameType(column.type, types[i] ?? column.type))) return input
  return projectResolved(
    input,
    columns.map((column, i) => ({ ...keep(column), expression: castOf(columnOf(column), types[i] ?? column.type) })),
  )
}

function commonOf(left: Column, right: Column, operation: string): DataType {
  const common = commonType(left.type, right.type)
  if (common) return common
  throw new FrameError("FRAME_TYPE_MISMATCH", {
    what: `The column '${left.name}' has a different type on each side of ${operation}.`,
    why: `It is ${typeName(left.type)} on the left and ${typeName(right.type)} on the right, which have no type in common.`,
    fix: "Cast one side before.",
    details: { column: left.name, left: typeName(left.type), right: typeName(right.type) },
  })
}

/** Columns are matched by position: the same names in another order are a mistake that would mix them up. */
function refuseShuffled(left: readonly Column[], right: readonly Column[], operation: string): void {
  const shuffled =
    left.some((column, i) => column.name.toLowerCase() !== right[i]?.name.toLowerCase()) &&
    left.every(column => findColumn(right, column.name))
  if (!shuffled) return
  throw new FrameError("FRAME_ARGUMENT_INVALID", {
    what: `The two sides of ${operation} have the same columns in another order.`,
    why: `${operation} matches columns by position, as in Spark, and would mix them up.`,
    fix: `${operation === "union" ? "Use unionByName, or select" : "Select"} the columns of one side in the order of the other.`,
  })
}

function otherCount(left: readonly Column[], right: readonly Column[], operation: string): FrameError {
  const missing = left.find(column => !findColumn(right, column.name))
  const further = right.find(column => !findColumn(left, column.name))
  const named = missing ? `the right has no '${missing.name}'` : `the left has no '${further?.name ?? ""}'`
  return new FrameError("FRAME_SCHEMA_MISMATCH", {
    what: `The two sides of ${operation} have ${left.length} and ${right.length} columns: ${named}.`,
    why: `${operation} puts the rows of both under the same columns.`,
    fix: "Select the same columns on both sides, or use unionByName with { allowMissing: true }.",
  })
}

function lacks(column: Column, side: "left" | "right"): FrameError {
  return new FrameError("FRAME_COLUMN_UNKNOWN", {
    what: `The ${side} side of unionByName has no column '${column.name}'.`,
    why: "Columns are matched by name.",
    fix: "Add the column, leave it out on the other side, or pass { allowMissing: true } to fill it with null.",
    details: { column: column.name },
  })
}
