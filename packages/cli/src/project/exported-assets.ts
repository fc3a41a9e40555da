import type { Asset } from "@assets/core"
import type { ModuleExports } from "./import-modules.ts"

/** Each asset among the modules' exports, also in arrays and objects, with the places of the modules that export it. */
export function exportedAssets(modules: ModuleExports): ReadonlyMap<Asset, readonly number[]> {
  const found = new Map<Asset, number[]>()
  modules.forEach((exports, module) => {
    const seen = new Set<object>()
    const visit = (value: unknown): void => {
      if (!isPlain(value) || seen.has(value)) return
      seen.add(value)
      if (isAsset(value)) found.set(value, [...(found.get(value) ?? []), module])
      else if (!("kind" in value) || typeof value.kind !== "string") Object.values(value).forEach(visit)
    }
    Object.values(exports).forEach(visit)
  })
  return found
}

function isAsset(value: object): value is Asset {
  return "kind" in value && value.kind === "asset" && "declaredAt" in value
}

/** Arrays and objects without a class of their own; a namespace is one. */
function isPlain(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false
  const prototype = Object.getPrototypeOf(value)
  return prototype === null || prototype === Object.prototype || Array.isArray(value)
}
