import type { DataType } from "../schema/data-type.ts"
import type { Schema } from "../schema/schema.ts"
import { typeName } from "../schema/type-name.ts"
import type { Expression, Frame, SortKey } from "./expression.ts"
import type { NamedExpression, Relation } from "./relation.ts"
import { bottomUp } from "./walk-relation.ts"

type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }

/**
 * A plan as canonical JSON: equal for equal work, whatever variables, formatting and sharing made it.
 *
 * `nodes` holds each different relation and expression once, those below before those above, so that its size is linear
 * in the number of different ones; a node refers to others by index. Keys are sorted, types are written in Spark's
 * words, and a literal keeps its type.
 */
export function canonicalPlan(root: Relation): Json {
  const nodes = new NodeTable()
  for (const relation of bottomUp(root)) nodes.relation(relation)
  return { nodes: nodes.list, version: 1 }
}

class NodeTable {
  readonly list: Json[] = []
  readonly #byText = new Map<string, number>()
  readonly #byObject = new Map<object, number>()

  relation(relation: Relation): number {
    // What an engine is told of the way changes no row.
    if (relation.kind === "hint") return this.relation(relation.input)
    return this.#remember(relation, () => this.#relationNode(relation))
  }

  #expression(expression: Expression): number {
    return this.#remember(expression, () => this.#expressionNode(expression))
  }

  /** The index of an object's node: of the one with the same text where there is one already. */
  #remember(object: object, node: () => { readonly [name: string]: Json }): number {
    const known = this.#byObject.get(object)
    if (known !== undefined) return known
    const made = node()
    const sorted: { [name: string]: Json } = {}
    for (const name of Object.keys(made).sort()) sorted[name] = made[name] as Json // a key of it
    const text = JSON.stringify(sorted)
    let index = this.#byText.get(text)
    if (index === undefined) {
      index = this.list.push(sorted) - 1
      this.#byText.set(text, index)
    }
    this.#byObject.set(object, index)
    return index
  }

  #relationNode(relation: Relation): { readonly [name: string]: Json } {
    const kind = relation.kind
    switch (relation.kind) {
      case "input":
        return { kind, key: relation.key, columns: schemaNode(relation.schema) }
      case "files":
        return {
          kind,
          format: relation.format,
          paths: relation.paths,
          csv: relation.csv ? sortedObject({ ...relation.csv }) : null,
          hivePartitioned: relation.hivePartitioned ?? false,
          ...(relation.version !== undefined && { version: relation.version }),
          columns: schemaNode(relation.schema),
        }
      case "table":
        return { kind, path: relation.path, columns: schemaNode(relation.schema) }
      case "values":
        return { kind, rows: relation.rows, columns: schemaNode(relation.schema) }
      case "project":
        return { kind, input: this.relation(relation.input), columns: this.#named(relation.columns) }
      case "filter":
        return { kind, input: this.relation(relation.input), condition: this.#expression(relation.condition) }
      case "aggregate":
        return {
          kind,
          input: this.relation(relation.input),
          keys: this.#named(relation.keys),
          aggregates: this.#named(relation.aggregates),
          ...(relation.sets && { sets: relation.sets }),
        }
      case "hint":
        throw new Error("A hint has no node of its own. Please report this.")
      case "generate":
        return {
          kind,
          input: this.relation(relation.input),
          expression: this.#expression(relation.expression),
          outer: relation.outer,
          columns: relation.columns.map(({ part, name }) => [part, name]),
        }
      case "join":
        return {
          kind,
          left: this.relation(relation.left),
          right: this.relation(relation.right),
          how: relation.how,
          using: relation.using ?? null,
          condition: relation.condition ? this.#expression(relation.condition) : null,
        }
      case "set": {
        const { operation, all } = relation
        return { kind, operation, all, left: this.relation(relation.left), right: this.relation(relation.right) }
      }
      case "distinct":
        return { kind, input: this.relation(relation.input) }
      case "deduplicate":
        return { kind, input: this.relation(relation.input), columns: relation.columns }
      case "sort":
        return { kind, input: this.relation(relation.input), keys: this.#sortKeys(relation.keys) }
      case "offset":
      case "limit":
        return { kind, input: this.relation(relation.input), rows: relation.rows }
      case "mapBatches": {
        const columns = schemaNode(relation.schema)
        return { kind, input: this.relation(relation.input), columns, version: relation.version ?? null }
      }
      case "sample":
        return { kind, input: this.relation(relation.input), fraction: relation.fraction, seed: relation.seed }
    }
  }

  #expressionNode(expression: Expression): { readonly [name: string]: Json } {
    const { kind } = expression
    const type = typeName(expression.type)
    switch (expression.kind) {
      case "column":
        return { kind, name: expression.name, side: expression.side ?? null, type }
      case "literal":
        return { kind, value: expression.value, type }
      case "parameter":
      case "variable":
        return { kind, name: expression.name, type }
      case "call":
        return { kind, name: expression.name, args: this.#expressions(expression.args), type }
      case "cast":
        return { kind, input: this.#expression(expression.input), mode: expression.mode, type }
      case "case":
        return {
          kind,
          branches: expression.branches.map(([when, then]) => [this.#expression(when), this.#expression(then)]),
          otherwise: expression.otherwise ? this.#expression(expression.otherwise) : null,
          type,
        }
      case "aggregate":
        return {
          kind,
          name: expression.name,
          args: this.#expressions(expression.args),
          distinct: expression.distinct,
          where: expression.where ? this.#expression(expression.where) : null,
          type,
        }
      case "window":
        return {
          kind,
          input: this.#expression(expression.input),
          partitionBy: this.#expressions(expression.partitionBy),
          orderBy: this.#sortKeys(expression.orderBy),
          frame: expression.frame ? this.#frame(expression.frame) : null,
          type,
        }
      case "lambda":
        return {
          kind,
          parameters: expression.parameters.map(p => [p.name, typeName(p.type)]),
          body: this.#expression(expression.body),
          type,
        }
    }
  }

  #expressions(expressions: readonly Expression[]): readonly number[] {
    return expressions.map(expression => this.#expression(expression))
  }

  #named(columns: readonly NamedExpression[]): Json {
    return columns.map(({ name, expression }) => [name, this.#expression(expression)])
  }

  #sortKeys(keys: readonly SortKey<Expression>[]): Json {
    return keys.map(key => [this.#expression(key.expression), key.direction, key.nulls])
  }

  #frame({ unit, start, end }: Frame<Expression>): Json {
    const edge = (value: Expression | number | null): Json =>
      typeof value === "object" && value !== null ? { expression: this.#expression(value) } : value
    return [unit, edge(start), edge(end)]
  }
}

function schemaNode({ columns }: Schema): Json {
  return columns.map(({ name, type }: { name: string; type: DataType }) => [name, typeName(type)])
}

function sortedObject(object: { readonly [name: string]: string | boolean }): Json {
  return Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)))
}
