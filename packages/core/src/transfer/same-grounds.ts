import { ConfigError, StorageError } from "../errors/assets-error.ts"
import type { OpenProject } from "../plan-work.ts"

/**
 * Refuses two environments in which the same code may rightly give other rows: they have other time zones, or their
 * sources hold other data. Both have observed the sources.
 * @throws ConfigError `ENVIRONMENT_UNSUPPORTED`
 */
export function confirmSameGrounds(one: OpenProject, other: OpenProject, sources: readonly string[]): void {
  const [a, b] = [one.environment, other.environment]
  if (a.timeZone !== b.timeZone) {
    throw new ConfigError("ENVIRONMENT_UNSUPPORTED", {
      what: `'${a.name}' works in the time zone ${a.timeZone}, and '${b.name}' in ${b.timeZone}.`,
      why: "Days and hours of timestamps are others there: different rows would be no fault of either.",
      fix: `Set the same 'timeZone' in both; for a while in an environment of its own: { extends: "${b.name}", timeZone: "${a.timeZone}" }.`,
      details: { environments: [a.name, b.name], timeZones: [a.timeZone, b.timeZone] },
    })
  }
  const differing = sources.filter(key => one.sources.version(key) !== other.sources.version(key))
  const [first] = differing
  if (first === undefined) return
  const roots = [a, b].map(environment => environment.sourcesRoot(first))
  const isRead = one.project.sources.get(first)?.reader !== undefined
  const places = isRead ? `they look in ${[...new Set(roots)].join(" and in ")}` : "it was reported otherwise for each"
  throw new ConfigError("ENVIRONMENT_UNSUPPORTED", {
    what: `The source '${first}' holds other data in '${a.name}' than in '${b.name}'${differing.length > 1 ? `; so it is with ${differing.length - 1} more` : ""}.`,
    why: `What is computed is compared, and that is from the same data alone; ${places}.`,
    fix: isRead
      ? "Set the same 'sources' in both. Files above 'hashLimitMB' are told by time and place: raise it where they are copies."
      : "Report the same data version for both: reportMaterialization().",
    details: { sources: differing, environments: [a.name, b.name], roots },
  })
}

/**
 * Confirms that sources still hold what they held when the runs were planned. They have been observed again.
 * @throws StorageError `SOURCE_CHANGED_WHILE_READ`
 */
export function confirmSourcesUnmoved(before: OpenProject, now: OpenProject, sources: readonly string[]): void {
  const moved = sources.find(key => before.sources.version(key) !== now.sources.version(key))
  if (moved === undefined) return
  throw new StorageError("SOURCE_CHANGED_WHILE_READ", {
    what: `The source '${moved}' changed while '${now.environment.name}' was compared with another environment.`,
    why: "What was made of it in the one may be of other data than what was made in the other.",
    fix: "Run the command again when its files are complete.",
    details: { key: moved, environment: now.environment.name },
  })
}
