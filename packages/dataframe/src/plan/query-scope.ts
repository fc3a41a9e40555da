import { FrameError } from "../errors/frame-error.ts"
import type { Unresolved } from "./expression.ts"
import { mapUnresolved } from "./map-unresolved.ts"
import { keep, projectResolved } from "./project.ts"
import type { Relation } from "./relation.ts"

/** A column that a query may name, and what it is called in the relation below: two tables may have it. */
interface ScopeColumn {
  readonly qualifier: string | undefined
  readonly name: string
  readonly internal: string
}

/** What FROM gives: rows, and the names of their columns. */
export interface QueryScope {
  readonly relation: Relation
  readonly columns: readonly ScopeColumn[]
}

const same = (a: string, b: string) => a.toLowerCase() === b.toLowerCase()

export function scopeOf(relation: Relation, qualifier: string | undefined): QueryScope {
  const columns = relation.schema.columns.map(({ name }) => ({ qualifier, name, internal: name }))
  return { relation, columns }
}

/** The right side of a join with names that the left has not. */
export function apart(left: QueryScope, right: QueryScope, shared: readonly string[] = []): QueryScope {
  const taken = new Set(left.relation.schema.columns.map(({ name }) => name.toLowerCase()))
  const renamed = new Map<string, string>()
  for (const { name } of right.relation.schema.columns) {
    if (!taken.has(name.toLowerCase()) || shared.some(key => same(key, name))) continue
    let next = `${name} of the right`
    while (taken.has(next.toLowerCase())) next += " "
    renamed.set(name, next)
  }
  if (renamed.size === 0) return right
  const columns = right.relation.schema.columns.map(column => keep(column, renamed.get(column.name)))
  return {
    relation: projectResolved(right.relation, columns),
    columns: right.columns.map(column => ({ ...column, internal: renamed.get(column.internal) ?? column.internal })),
  }
}

/** The columns that a star means. */
export function starred(scope: QueryScope, qualifier: string | undefined): readonly ScopeColumn[] {
  const found = scope.columns.filter(
    column => qualifier === undefined || (column.qualifier !== undefined && same(column.qualifier, qualifier)),
  )
  if (found.length > 0 || qualifier === undefined) return found
  throw new FrameError("FRAME_COLUMN_UNKNOWN", {
    what: `There is no table '${qualifier}' in FROM.`,
    why: `'${qualifier}.*' names all of its columns.`,
    fix: "Correct the name, or write *.",
    details: { table: qualifier },
  })
}

/** An expression by the names of the scope's relation. Parameters of lambdas hide columns. */
export function qualified(node: Unresolved, scope: QueryScope, hidden: ReadonlySet<string> = new Set()): Unresolved {
  if (node.kind === "column")
    return hidden.has(node.name.toLowerCase()) ? node : (columnIn(scope, undefined, node.name) ?? node)
  if (node.kind === "lambda") {
    const more = new Set([...hidden, ...node.parameters.map(name => name.toLowerCase())])
    return { ...node, body: qualified(node.body, scope, more) }
  }
  const part = qualifiedPart(node)
  const found = part && !hidden.has(part.qualifier.toLowerCase()) && columnIn(scope, part.qualifier, part.name)
  return found || mapUnresolved(node, child => qualified(child, scope, hidden))
}

/** `t.x`, which reads as the field x of a column t. */
function qualifiedPart(node: Unresolved): { readonly qualifier: string; readonly name: string } | undefined {
  if (node.kind !== "call" || node.name !== "getfield") return undefined
  const [of, field] = node.args
  if (of?.kind !== "column" || field?.kind !== "literal" || typeof field.value !== "string") return undefined
  return { qualifier: of.name, name: field.value }
}

function columnIn(scope: QueryScope, qualifier: string | undefined, name: string): Unresolved | undefined {
  const found = scope.columns.filter(
    column =>
      same(column.name, name) &&
      (qualifier === undefined || (column.qualifier !== undefined && same(column.qualifier, qualifier))),
  )
  const internals = new Set(found.map(({ internal }) => internal))
  const [only] = internals
  if (internals.size > 1) {
    throw new FrameError("FRAME_COLUMN_AMBIGUOUS", {
      what: `The column '${name}' is in several tables of the query.`,
      why: `They are ${found.map(column => column.qualifier ?? "without a name").join(" and ")}.`,
      fix: `Say which: ${found[0]?.qualifier ?? "t"}.${name}`,
      details: { column: name },
    })
  }
  return only === undefined ? undefined : { kind: "column", name: only }
}
