import { ConfigError, StorageError } from "@assets/core"
import type { LogTableKind } from "./log-table-kind.ts"

export function logCorrupt({ title, logFolder }: LogTableKind, path: string, why: string): StorageError {
  return new StorageError("STORAGE_CORRUPT", {
    what: `The log of the ${title} at ${path} cannot be understood.`,
    why,
    fix: `Restore the folder ${logFolder} from a backup; or move ${path} away and materialize its asset again.`,
    details: { path },
  })
}

export function unknownFeatures({ title }: LogTableKind, path: string, features: readonly string[]): ConfigError {
  return new ConfigError("ENVIRONMENT_UNSUPPORTED", {
    what: `The ${title} at ${path} demands of its writers what this version does not do: ${features.join(", ")}.`,
    why: "Somebody has switched it on with ALTER TABLE; a writer that leaves it out could damage the table.",
    fix: `Switch it off (ALTER TABLE delta.\`${path}\` DROP FEATURE …), or move the table away and materialize its asset again.`,
    details: { path, features: [...features] },
  })
}
