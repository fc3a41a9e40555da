import type { Asset } from "../asset/asset.ts"
import type { OpenEnvironment } from "../environment/open-environment.ts"
import { ConfigError } from "../errors/assets-error.ts"
import type { Materialization } from "../io/io-manager.ts"
import type { VersionPair } from "./diff-environments.ts"

const form = /^(?:(current|former)|([0-9a-f][0-9a-f-]*))(?:~(\d+))?$/i

/** A version as people name it: `current`, `former`, an id or how it begins, each with `~n` for n versions before. */
interface VersionName {
  readonly text: string
  readonly base: "current" | { readonly id: string }
  readonly before: number
}

/**
 * Pairs two versions of each partition of assets in one environment.
 * @throws ConfigError `ARGUMENT_INVALID` for a name that is none, or that no asset has; `ENVIRONMENT_UNSUPPORTED` where no
 * versions are kept
 */
export async function pairVersions(
  assets: readonly Asset[],
  environment: OpenEnvironment,
  [a, b]: readonly [string, string],
  signal: AbortSignal,
): Promise<readonly VersionPair[]> {
  const names = [parse(a), parse(b)] as const
  const pairs: VersionPair[] = []
  const known = new Set<string>()
  for (const asset of assets) {
    const io = environment.io(asset)
    if (!io.versions) throw noVersions(environment, asset, io.name)
    const context = environment.ioContext(signal)
    const current = (await io.current(context, [asset.key])).get(asset.key) ?? []
    for (const { partition, materialization } of current) {
      const versions = await io.versions({ ...context, key: asset.key }, partition)
      for (const { id } of versions) known.add(id)
      const [left, right] = names.map(name => {
        const found = resolve(name, versions, materialization)
        return found && { asset, partition, materialization: found, environment }
      })
      const lacks = names.filter((_, i) => ![left, right][i]).map(({ text }) => text)
      const why = lacks.length > 0 && { why: `it has no version ${lacks.join(", ")} (${versions.length} are kept)` }
      pairs.push({ asset, partition, left, right, ...why })
    }
  }
  for (const name of names) refuseUnknown(name, pairs, known)
  return pairs
}

function parse(text: string): VersionName {
  const [, word, id, before] = form.exec(text) ?? []
  const count = Number(before ?? 0)
  if (word) return { text, base: "current", before: count + (word.toLowerCase() === "former" ? 1 : 0) }
  if (id) return { text, base: { id: id.toLowerCase() }, before: count }
  throw new ConfigError("ARGUMENT_INVALID", {
    what: `'${text}' names no version.`,
    why: "A version is 'current', 'former', or an id or how it begins; '~2' after it means two versions before.",
    fix: "For one: assets diff former current marts/revenue --by version",
    details: { version: text },
  })
}

/** @param versions newest first */
function resolve(
  { base, before }: VersionName,
  versions: readonly Materialization[],
  current: Materialization,
): Materialization | undefined {
  if (base === "current" && before === 0) return current
  const wanted = base === "current" ? current.id : base.id
  const at = versions.findIndex(({ id }) => (base === "current" ? id === wanted : id.startsWith(wanted)))
  return at === -1 ? undefined : versions[at + before]
}

/** An id that no asset has is a slip; that an asset has no former version is not. */
function refuseUnknown({ base, text }: VersionName, pairs: readonly VersionPair[], known: ReadonlySet<string>): void {
  const wanted = base === "current" ? undefined : base.id
  if (pairs.length === 0 || wanted === undefined) return
  const found = [...known].filter(id => id.startsWith(wanted))
  if (found.length === 1) return
  throw new ConfigError("ARGUMENT_INVALID", {
    what: `'${text}' is ${found.length === 0 ? "the id of no version" : `how ${found.length} ids begin`} of what was selected.`,
    why: `These versions are kept: ${[...known].slice(0, 10).join(", ")}${known.size > 10 ? " …" : ""}.`,
    fix: "Correct the id, or name more of it; 'current' and 'former' need none.",
    details: { version: text, known: [...known].slice(0, 100) },
  })
}

function noVersions(environment: OpenEnvironment, { key }: Asset, name: string): ConfigError {
  return new ConfigError("ENVIRONMENT_UNSUPPORTED", {
    what: `'${key}' has no versions in '${environment.name}'.`,
    why: `Its IO manager, ${name}, keeps what is current alone.`,
    fix: "Compare by environment, or keep the asset with parquetIO.",
    details: { environment: environment.name, key },
  })
}
