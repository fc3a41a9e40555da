import type { Engine } from "../engine/engine.ts"
import type { IOManager } from "../io/io-manager.ts"
import type { Json } from "../util/json.ts"
import { plainJson } from "../util/plain-json.ts"
import type { EnvironmentConfig } from "./environment.ts"

/** The settings of an environment, flat, as they were given: `io` → `parquet`, `io.root` → `s3://${LAKE}`. */
export function flatSettings(config: EnvironmentConfig): ReadonlyMap<string, Json> {
  const found = new Map<string, Json>()
  const { extends: _, engine, io, engines, ios, route, sources, pools, vars, resources, state, ...plain } = config
  addPart(found, "engine", engine)
  addPart(found, "io", io)
  for (const [name, one] of Object.entries(engines ?? {})) addPart(found, `engines.${name}`, one)
  for (const [name, one] of Object.entries(ios ?? {})) addPart(found, `ios.${name}`, one)
  for (const [selection, to] of Object.entries(route ?? {})) found.set(`route.${selection}`, { ...to })
  if (typeof sources === "string") found.set("sources", sources)
  else for (const [selection, root] of Object.entries(sources ?? {})) found.set(`sources.${selection}`, root)
  for (const [name, limit] of Object.entries(pools ?? {})) found.set(`pools.${name}`, limit)
  for (const [name, value] of Object.entries(vars ?? {})) found.set(`vars.${name}`, value)
  for (const { name } of resources ?? []) found.set(`resources.${name}`, true)
  if (state) found.set("state.path", state.path)
  for (const [name, value] of Object.entries(plain)) if (value !== undefined) found.set(name, value as Json) // scalars and lists of names
  return found
}

function addPart(found: Map<string, Json>, path: string, part: Engine | IOManager | undefined): void {
  if (!part) return
  found.set(path, part.name)
  for (const [option, value] of Object.entries(optionsOf(part))) found.set(`${path}.${option}`, value)
}

/** What an engine or an IO manager tells of itself: whatever that is, as JSON. */
export function optionsOf(part: Engine | IOManager): { readonly [option: string]: Json } {
  const options = plainJson(part.describe?.() ?? {})
  return typeof options === "object" && options !== null && !Array.isArray(options)
    ? (options as { readonly [option: string]: Json }) // an object, neither null nor an array
    : {}
}
