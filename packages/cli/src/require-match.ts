import { ConfigError } from "@assets/core"

/** Passes on the keys that a selection matched. @throws ConfigError `SELECTION_EMPTY` when there are none */
export function requireMatch(keys: readonly string[], selection: readonly string[]): readonly string[] {
  if (keys.length > 0) return keys
  throw new ConfigError("SELECTION_EMPTY", {
    what: `The selection ${selection.map(text => `'${text}'`).join(", ")} matches nothing.`,
    why: "It can be read, and no asset of the project is in it.",
    fix: "List what there is: assets list",
    details: { selection: [...selection] },
  })
}
