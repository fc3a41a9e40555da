import type { Engine } from "../engine/engine.ts"
import type { IOManager } from "../io/io-manager.ts"
import { TimeZone } from "../util/time-zone.ts"
import type { Resource } from "./resource.ts"

/** What may stand in a config. */
export const projectSettings = ["assets", "defaultEnvironment", "environments", "state"] as const
/** What may stand in an environment. */
export const environmentSettings = [
  ...(["extends", "engine", "io", "engines", "ios", "route", "sources", "pools", "vars", "resources"] as const),
  ...(["timeZone", "reuse", "publish", "hashLimitMB", "state", "durability"] as const),
]
export const routeSettings = ["engine", "io"] as const
export const stateSettings = ["path"] as const

export const publishValues = ["step", "run"] as const
export const durabilityValues = ["process", "power"] as const

export function isEntries(value: unknown): value is { readonly [name: string]: unknown } {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}

export function isName(value: unknown): value is string {
  return typeof value === "string" && value !== ""
}

export function isEngine(value: unknown): value is Engine {
  return typeof value === "object" && value !== null && "open" in value && typeof value.open === "function"
}

export function isIOManager(value: unknown): value is IOManager {
  if (typeof value !== "object" || value === null) return false
  const io = value as Partial<IOManager> // what it has is looked at
  return typeof io.current === "function" && typeof io.handleOutput === "function"
}

export function isResource(value: unknown): value is Resource {
  return isEntries(value) && value.kind === "resource" && isName(value.name)
}

export function isLimit(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 1 // an integer
}

export function isMegabytes(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0
}

export function isTimeZone(value: unknown): value is string {
  if (typeof value !== "string") return false
  try {
    TimeZone.of(value)
    return true
  } catch {
    return false
  }
}
