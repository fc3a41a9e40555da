import { type Asset, collectDeclarations } from "@assets/core"
import type { ModuleExports } from "./import-modules.ts"

/** Each asset among the modules' exports, also in arrays and objects, with the places of the modules that export it. */
export function exportedAssets(modules: ModuleExports): ReadonlyMap<Asset, readonly number[]> {
  const found = new Map<Asset, number[]>()
  for (const [module, exports] of modules.entries()) {
    for (const asset of collectDeclarations(exports).assets) found.set(asset, [...(found.get(asset) ?? []), module])
  }
  return found
}
