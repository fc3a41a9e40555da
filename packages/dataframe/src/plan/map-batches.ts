import { FrameError } from "../errors/frame-error.ts"
import type { Schema } from "../schema/schema.ts"
import { distinctNames } from "./column-named.ts"
import type { BatchMap, Relation } from "./relation.ts"
import { bottomUp, mapRelation } from "./walk-relation.ts"

/** A relation whose rows pass through a function of the project. */
export type MappedRelation = Extract<Relation, { kind: "mapBatches" }>

export function mapBatches(input: Relation, schema: Schema, map: unknown, version: unknown): Relation {
  if (typeof map !== "function") {
    throw new FrameError("FRAME_ARGUMENT_INVALID", {
      what: `mapBatches was given ${map === null ? "null" : `a value of type ${typeof map}`} where its function stands.`,
      why: "It calls a function with each Arrow batch.",
      fix: "Write mapBatches({ id: t.int64 }, async batch => …).",
    })
  }
  if (version !== undefined && (typeof version !== "string" || version === "")) {
    throw new FrameError("FRAME_ARGUMENT_INVALID", {
      what: "The version of mapBatches is no text.",
      why: "It stands for the code of the function: another one makes what is stored stale.",
      fix: 'Write { version: "1" }, or leave it out.',
    })
  }
  if (schema.columns.length === 0) {
    throw new FrameError("FRAME_ARGUMENT_INVALID", {
      what: "mapBatches was called without columns.",
      why: "What its function gives is held to them.",
      fix: "Name them with their types: mapBatches({ id: t.int64 }, batch => …).",
    })
  }
  distinctNames(schema.columns, "The result of mapBatches")
  return { kind: "mapBatches", input, map: map as BatchMap, ...(version !== undefined && { version }), schema }
}

/** The relations of a plan that pass through functions, those below before those above. */
export function mappedRelations(root: Relation): readonly MappedRelation[] {
  return bottomUp(root).filter(relation => relation.kind === "mapBatches")
}

/** The plan with other relations in the place of some of its own. */
export function replaceRelations(root: Relation, by: ReadonlyMap<Relation, Relation>): Relation {
  if (by.size === 0) return root
  const replaced = new Map<Relation, Relation>()
  for (const relation of bottomUp(root)) {
    const other = by.get(relation)
    const inputOf = (input: Relation) => replaced.get(input) ?? input
    replaced.set(relation, other ?? mapRelation(relation, inputOf, expression => expression))
  }
  return replaced.get(root) ?? root
}

/** What a printer says of a plan whose functions were not run. */
export function notPrintable(): FrameError {
  return new FrameError("FRAME_UNSUPPORTED", {
    what: "mapBatches has no SQL.",
    why: "It is TypeScript: an engine runs it, and prints a plan over its rows.",
    fix: "Run the frame, or print the frame that mapBatches was called on.",
  })
}
