import { resolve } from "node:path"
import {
  ConfigError,
  DefinitionError,
  type IOContext,
  isObjectUrl,
  joinObjectUrl,
  objectStoreAt,
  type Refusal,
} from "@assets/core"
import { FolderPlace } from "./folder-place.ts"
import { ObjectPlace } from "./object-place.ts"
import type { TablePlace } from "./table-place.ts"

/** Why an environment with another engine is refused. */
export const otherEngine: Refusal = {
  why: "Tables are written by the Spark engine alone in this version.",
  fix: "Use engine: spark(), or parquetIO with this engine.",
}

/** The place that an option names. @throws ConfigError `ENVIRONMENT_UNSUPPORTED`, `VARIABLE_MISSING` */
export function placeOf(
  context: IOContext,
  option: string,
  refusalOf: (root: string) => Refusal | undefined,
): TablePlace {
  const root = context.expand(option)
  const refusal = refusalOf(root)
  if (refusal) {
    const what = `Tables cannot be kept at ${root}.`
    throw new ConfigError("ENVIRONMENT_UNSUPPORTED", { what, ...refusal, details: { root } })
  }
  if (!isObjectUrl(root)) return new FolderPlace(resolve(context.base, root))
  const place = joinObjectUrl(root).replace(/\/+$/, "")
  return new ObjectPlace(objectStoreAt(place), place)
}

/** The folder of an asset's table. @throws DefinitionError `ASSET_KEY_INVALID` */
export function tableFolder(place: TablePlace, key: string): string {
  return place.join(place.root, ...keySegments(key))
}

/**
 * The names of which the key of a table is made.
 * @throws DefinitionError `ASSET_KEY_INVALID` for a key that would leave the root or meet a file of a table's own
 */
export function keySegments(key: string): readonly string[] {
  const segments = key.split("/")
  const isSafe = (segment: string) => /^[A-Za-z0-9.-][A-Za-z0-9_.-]*$/.test(segment) && !/^\.{1,2}$/.test(segment)
  if (segments.every(isSafe)) return segments
  throw new DefinitionError("ASSET_KEY_INVALID", {
    what: `${JSON.stringify(key)} is no key of a table.`,
    why: "Its segments name folders below the root, and one of these would leave it or meet a file of a table's own.",
    fix: "Use segments of letters, digits, '_', '.' and '-' that do not begin with '_' and are not '.' or '..'.",
    details: { key },
  })
}
