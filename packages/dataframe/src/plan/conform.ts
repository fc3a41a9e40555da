import { FrameError } from "../errors/frame-error.ts"
import { nearestNames } from "../errors/nearest-names.ts"
import type { Column } from "../schema/data-type.ts"
import type { Schema } from "../schema/schema.ts"
import { sameType, typeName } from "../schema/type-name.ts"
import { findColumn } from "./column-named.ts"
import { keep, projectResolved } from "./project.ts"
import type { Relation } from "./relation.ts"

/**
 * The relation with exactly these columns, in this order and spelling; itself where it has them so.
 * @throws FrameError `FRAME_SCHEMA_MISMATCH` naming the columns that are missing, further or of another type
 */
export function checkedTo(input: Relation, schema: Schema, declaredBy: string): Relation {
  const faults = differences(input.schema.columns, schema.columns)
  if (faults.length > 0) throw mismatch(faults, declaredBy)
  const pairs = schema.columns.map(column => [column, findColumn(input.schema.columns, column.name) ?? column] as const)
  const inOrder = pairs.every(([column], i) => input.schema.columns[i]?.name === column.name)
  if (inOrder) return input
  return projectResolved(
    input,
    pairs.map(([column, own]) => keep(own, column.name)),
  )
}

interface Difference {
  readonly column: string
  readonly text: string
}

/** What keeps columns from being the declared ones. */
export function differences(given: readonly Column[], declared: readonly Column[]): readonly Difference[] {
  const further = given.filter(column => !findColumn(declared, column.name)).map(column => column.name)
  const faults: Difference[] = []
  for (const { name, type } of declared) {
    const own = findColumn(given, name)
    if (!own) {
      const [near] = nearestNames(name, further)
      faults.push({ column: name, text: `'${name}' is missing${near ? `, and '${near}' is there` : ""}` })
    } else if (!sameType(own.type, type)) {
      faults.push({ column: name, text: `'${name}' is ${typeName(own.type)} and not ${typeName(type)}` })
    }
  }
  for (const name of further) faults.push({ column: name, text: `'${name}' is not declared` })
  return faults
}

function mismatch(faults: readonly Difference[], declaredBy: string): FrameError {
  const retyped = faults.some(fault => / and not /.test(fault.text))
  return new FrameError("FRAME_SCHEMA_MISMATCH", {
    what: `The columns are not those of ${declaredBy}: ${faults.map(fault => fault.text).join("; ")}.`,
    why: `What ${declaredBy} declares is exact: no column is missing, further or of another type.`,
    fix: retyped
      ? "Cast the columns of another type (f.column.cast(t.…)), select the declared ones, or change the declaration."
      : "Select or rename the columns to the declared ones, or change the declaration.",
    details: { columns: faults.map(fault => fault.column) },
  })
}
