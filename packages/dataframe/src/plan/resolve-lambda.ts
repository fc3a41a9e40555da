import type { Column, DataType } from "../schema/data-type.ts"
import { int32, voidType } from "../schema/type-family.ts"
import type { Expression, Unresolved } from "./expression.ts"
import type { Resolve, Variables } from "./resolve-expression.ts"

/**
 * Resolves the arguments of a function that takes a lambda: the types of its parameters come from the arguments before it.
 * Undefined for other calls.
 */
export function resolveHigherOrder(
  name: string,
  args: readonly Unresolved[],
  inner: Resolve,
  variables: Variables,
): readonly Expression[] | undefined {
  if (!args.some(arg => arg.kind === "lambda")) return undefined
  const resolved: Expression[] = []
  for (const arg of args) {
    if (arg.kind !== "lambda") {
      resolved.push(inner(arg))
      continue
    }
    const parameters = parametersOf(name, arg.parameters, resolved)
    const scope = new Map(variables)
    for (const { name, type } of parameters) scope.set(name.toLowerCase(), { kind: "variable", name, type })
    const body = inner(arg.body, scope)
    resolved.push({ kind: "lambda", parameters, body, type: body.type })
  }
  return resolved
}

/** What the parameters are: for most an element, and where a second name is given its index. */
function parametersOf(name: string, names: readonly string[], before: readonly Expression[]): Column[] {
  const given = parameterTypes[name]?.(before.map(({ type }) => type)) ?? [elementOf(before[0]?.type), int32]
  return names.map((name, i) => ({ name, type: given[i] ?? voidType }))
}

const entryOf = ([map]: readonly (DataType | undefined)[]) => [mapKeyOf(map), mapValueOf(map)]

const parameterTypes: { readonly [name: string]: (before: readonly DataType[]) => readonly DataType[] } = {
  zip_with: ([a, b]) => [elementOf(a), elementOf(b)],
  map_filter: entryOf,
  transform_keys: entryOf,
  transform_values: entryOf,
  map_zip_with: ([a, b]) => [mapKeyOf(a), mapValueOf(a), mapValueOf(b)],
  // The first lambda takes what has been gathered and an element, the second what has been gathered at the end.
  aggregate: ([list, start]) => [start ?? voidType, elementOf(list)],
}

function elementOf(type: DataType | undefined): DataType {
  return type?.kind === "array" ? type.element : voidType
}

function mapKeyOf(type: DataType | undefined): DataType {
  return type?.kind === "map" ? type.key : voidType
}

function mapValueOf(type: DataType | undefined): DataType {
  return type?.kind === "map" ? type.value : voidType
}
