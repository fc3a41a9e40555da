import type { Asset } from "./asset/asset.ts"
import type { Source } from "./asset/source.ts"
import type { Schedule } from "./schedule/schedule.ts"
import type { Sensor } from "./schedule/sensor.ts"

/** Everything that was declared, each object once, in the order in which it was found. */
export interface Declared {
  readonly assets: readonly Asset[]
  readonly sources: readonly Source[]
  readonly schedules: readonly Schedule[]
  readonly sensors: readonly Sensor[]
}

/**
 * Finds the declarations among a module's exports, in arrays and plain objects as deep as they come. What is none of
 * ours (functions, numbers, instances of other classes) is passed over: a module may export what it likes.
 */
export function collectDeclarations(...roots: readonly unknown[]): Declared {
  const found = { asset: [] as Asset[], source: [] as Source[], schedule: [] as Schedule[], sensor: [] as Sensor[] }
  const seen = new Set<object>()
  const waiting: unknown[] = [...roots].reverse()
  while (waiting.length > 0) {
    const value = waiting.pop()
    if (typeof value !== "object" || value === null || seen.has(value)) continue
    seen.add(value)
    const list = isDeclaration(value) ? found[value.kind] : undefined
    // The kind and the mark of a declaration say which list holds its type.
    if (list) (list as object[]).push(value)
    else if (Array.isArray(value)) waiting.push(...value.toReversed())
    else if (isPlain(value)) waiting.push(...Object.values(value).reverse())
  }
  return { assets: found.asset, sources: found.source, schedules: found.schedule, sensors: found.sensor }
}

type Kind = "asset" | "source" | "schedule" | "sensor"

function isDeclaration(value: object): value is { readonly kind: Kind } {
  const { kind, declaredAt } = value as { kind?: unknown; declaredAt?: unknown }
  return (
    declaredAt instanceof Error && (kind === "asset" || kind === "source" || kind === "schedule" || kind === "sensor")
  )
}

/** Objects written as `{...}`, and the namespaces of modules. */
function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value)
  return prototype === null || prototype === Object.prototype
}
