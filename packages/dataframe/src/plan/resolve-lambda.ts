import type { Column } from "../schema/data-type.ts"
import { int32 } from "../schema/type-family.ts"
import type { Expression, Unresolved } from "./expression.ts"
import type { Resolve, Variables } from "./resolve-expression.ts"

/**
 * Resolves the arguments of a function that takes a lambda: the types of its parameters come from the array before it.
 * Undefined for other calls.
 */
export function resolveHigherOrder(
  _name: string,
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
    const parameters = parametersOf(arg.parameters, resolved)
    const scope = new Map(variables)
    for (const { name, type } of parameters) scope.set(name.toLowerCase(), { kind: "variable", name, type })
    const body = inner(arg.body, scope)
    resolved.push({ kind: "lambda", parameters, body, type: body.type })
  }
  return resolved
}

/** An element, and where a second name is given its index. */
function parametersOf(names: readonly string[], before: readonly Expression[]): Column[] {
  const source = before[0]?.type
  const element = source?.kind === "array" ? source.element : { kind: "void" as const }
  return names.map((name, i) => ({ name, type: i === 0 ? element : int32 }))
}
