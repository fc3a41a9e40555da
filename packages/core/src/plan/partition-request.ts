import type { Asset } from "../asset/asset.ts"
import { ConfigError } from "../errors/assets-error.ts"
import type { PartitionContext } from "../partition/partitions.ts"
import { didYouMean } from "../util/nearest-name.ts"

/** Which partition keys of an asset a request means. */
export type WantedKeys =
  /** These, also when they are unchanged. */
  | { readonly kind: "named"; readonly keys: readonly (string | null)[] }
  /** Of all keys those that are missing or stale. */
  | { readonly kind: "behind"; readonly keys: readonly string[] }

export interface WantedContext {
  readonly partitions: PartitionContext
  readonly isStored: (key: string, partition: string) => boolean
  readonly hasFailed: (key: string, partition: string) => boolean
}

const WHOLE: WantedKeys = Object.freeze({ kind: "named", keys: Object.freeze([null]) })

/**
 * Resolves what was asked for (keys, ranges `A..B` with both ends included, `all`, `missing`, `failed`) for one asset.
 * @throws ConfigError `PARTITION_KEY_UNKNOWN`, `PARTITION_RANGE_BACKWARDS`
 */
export function wantedKeys(asset: Asset, asked: readonly string[] | undefined, context: WantedContext): WantedKeys {
  const { partitions } = asset.options
  if (!partitions) return WHOLE
  const { partitions: known } = context
  if (!asked) return { kind: "behind", keys: partitions.keys(known) }
  const wanted = new Set<string>()
  let every: readonly string[] | undefined
  const all = () => {
    every ??= partitions.keys(known)
    return every
  }
  for (const text of asked) {
    // A key may hold two dots, or be named like a word: the key itself comes first.
    if (partitions.has(text, known)) wanted.add(text)
    else for (const key of severalKeys(asset, text, all, context)) wanted.add(key)
  }
  const sorted = wanted.size > 1 ? all().filter(key => wanted.has(key)) : [...wanted]
  return { kind: "named", keys: sorted }
}

function severalKeys(
  { key }: Asset,
  text: string,
  all: () => readonly string[],
  { isStored, hasFailed }: WantedContext,
): readonly string[] {
  if (text === "all") return all()
  if (text === "missing") return all().filter(partition => !isStored(key, partition))
  if (text === "failed") return all().filter(partition => hasFailed(key, partition))
  for (let at = text.indexOf(".."); at !== -1; at = text.indexOf("..", at + 1)) {
    const from = all().indexOf(text.slice(0, at))
    const to = all().indexOf(text.slice(at + 2))
    if (from === -1 || to === -1) continue
    if (to < from) throw backwards(key, text, `${text.slice(at + 2)}..${text.slice(0, at)}`)
    return all().slice(from, to + 1)
  }
  throw unknownKey(key, text, all())
}

function backwards(key: string, text: string, turned: string): ConfigError {
  return new ConfigError("PARTITION_RANGE_BACKWARDS", {
    what: `The range '${text}' of '${key}' ends before it begins.`,
    why: "A range is written in the order of the asset's partitions.",
    fix: `Turn it round: --partitions '${turned}'`,
    details: { key, partitions: text },
  })
}

function unknownKey(key: string, text: string, all: readonly string[]): ConfigError {
  const why =
    all.length === 0
      ? "It has no partition yet."
      : `It has ${all.length} partitions, from '${all[0]}' to '${all.at(-1)}'.`
  return new ConfigError("PARTITION_KEY_UNKNOWN", {
    what: `'${key}' has no partition '${text}'.`,
    why,
    fix: didYouMean(text, all) ?? "Name one of its partitions, a range 'A..B', or 'all'.",
    details: { key, partition: text },
  })
}
