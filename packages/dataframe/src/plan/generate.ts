import { FrameError } from "../errors/frame-error.ts"
import type { Column, DataType } from "../schema/data-type.ts"
import { int32 } from "../schema/type-family.ts"
import { typeName } from "../schema/type-name.ts"
import type { Generator, Unresolved } from "./expression.ts"
import type { GeneratedColumn, Relation } from "./relation.ts"
import { type NamedUnresolved, resolveRowWise } from "./resolve-row-wise.ts"

/** What `explode` and the like need: the relation with a row for each element, and columns in place of their parts. */
export interface Generated {
  readonly input: Relation
  readonly columns: readonly NamedUnresolved[]
}

/**
 * Puts what a projection generates rows from below it. Columns that hold none stay as they are.
 * @throws FrameError `FRAME_ARGUMENT_INVALID` for two generators in one projection, `FRAME_TYPE_MISMATCH`
 */
export function generateBelow(input: Relation, columns: readonly NamedUnresolved[], place: string): Generated {
  const generators = new Set(columns.flatMap(({ unresolved }) => (isPart(unresolved) ? [unresolved.generator] : [])))
  const [generator, ...others] = generators
  if (!generator) return { input, columns }
  if (others.length > 0) throw severalGenerators(place)
  const parts = new Set(columns.flatMap(({ unresolved }) => (isPart(unresolved) ? [unresolved.part] : [])))
  const relation = generate(input, generator, [...parts], place)
  const nameOf = new Map(relation.columns.map(({ part, name }) => [part, name]))
  return {
    input: relation,
    columns: columns.map(({ name, unresolved }) => {
      if (!isPart(unresolved)) return { name, unresolved }
      return { name, unresolved: { kind: "column", name: nameOf.get(unresolved.part) ?? unresolved.part } }
    }),
  }
}

type Part = Extract<Unresolved, { kind: "generated" }>

function isPart(unresolved: Unresolved): unresolved is Part {
  return unresolved.kind === "generated"
}

function generate(input: Relation, { source, outer }: Generator, parts: readonly Part["part"][], place: string) {
  const expression = resolveRowWise(source, input.schema.columns, place)
  const taken = new Set(input.schema.columns.map(({ name }) => name.toLowerCase()))
  const columns = parts.map((part): GeneratedColumn => {
    const type = partType(expression.type, part)
    if (!type) throw notGenerating(expression.type, part)
    let name = `generated ${part}`
    while (taken.has(name)) name += " "
    return { part, name, type }
  })
  const schema = { columns: [...input.schema.columns, ...columns.map(({ name, type }): Column => ({ name, type }))] }
  return { kind: "generate", input, expression, outer, columns, schema } as const
}

function partType(type: DataType, part: Part["part"]): DataType | undefined {
  if (part === "position") return type.kind === "array" || type.kind === "map" ? int32 : undefined
  if (part === "element") return type.kind === "array" ? type.element : undefined
  if (type.kind !== "map") return undefined
  return part === "key" ? type.key : type.value
}

function severalGenerators(place: string): FrameError {
  return new FrameError("FRAME_ARGUMENT_INVALID", {
    what: `${place} generates rows from two columns.`,
    why: "Each gives its own number of rows; Spark takes one in a select, too.",
    fix: "Explode one, then the other in a select of its own.",
  })
}

function notGenerating(type: DataType, part: Part["part"]): FrameError {
  const wanted = part === "element" ? "array" : part === "position" ? "array or map" : "map"
  return new FrameError("FRAME_TYPE_MISMATCH", {
    what: `Rows cannot be generated from ${typeName(type)}.`,
    why: `explode takes an ${wanted} here.`,
    fix: "Explode a column that is an array or a map.",
    details: { type: typeName(type) },
  })
}
