import { basename } from "node:path"
import type { Asset, Definitions, EnvironmentConfig, Source } from "@assets/core"
import type { AssetView, EnvironmentView, ProjectView } from "./api-view.ts"

/**
 * What a project declares, as the API gives it: read once, since definitions are frozen.
 * Environments are those whose history lies in the same event log as that of the chosen one.
 *
 * @param environment the chosen one; else `ASSETS_ENV`, else the project's default, else its first
 */
export function projectView(project: Definitions, environment?: string): ProjectView {
  const names = Object.keys(project.environments)
  const chosen = environment ?? (process.env.ASSETS_ENV || project.defaultEnvironment || names[0] || "")
  const state = statePath(project, chosen)
  return {
    name: basename(project.base),
    defaultEnvironment: chosen,
    environments: names.filter(name => statePath(project, name) === state).map(name => environmentView(project, name)),
    assets: [...project.assets.values()].map(asset => assetView(project, asset)).sort(byKey),
    sources: [...project.sources.values()].map(sourceView).sort(byKey),
  }
}

const byKey = (a: AssetView, b: AssetView) => (a.key < b.key ? -1 : 1)

/** A setting of an environment, its own or that which it inherits. */
function inherited<K extends keyof EnvironmentConfig>(project: Definitions, name: string, setting: K) {
  let config = project.environments[name]
  while (config && config[setting] === undefined && config.extends !== undefined) {
    config = project.environments[config.extends]
  }
  return config?.[setting]
}

const statePath = (project: Definitions, name: string) => inherited(project, name, "state")?.path ?? project.state?.path

function environmentView(project: Definitions, name: string): EnvironmentView {
  const io = inherited(project, name, "io")
  const engine = inherited(project, name, "engine")?.name ?? io?.defaultEngine?.name
  return { name, engine: engine ?? null, io: io?.name ?? null }
}

function assetView(project: Definitions, { key, returns, options }: Asset): AssetView {
  return {
    key,
    kind: "asset",
    ...described(options),
    returns: returns.kind,
    columns: returns.columns?.().map(({ name, type }) => ({ name, type })) ?? null,
    deps: project.graph.upstream(key),
    checks: (options.checks ?? []).map(check => check.name),
    reader: null,
  }
}

function sourceView({ key, returns, options, reader }: Source): AssetView {
  return {
    key,
    kind: "source",
    ...described(options),
    returns: returns.kind,
    columns: returns.columns?.().map(({ name, type }) => ({ name, type })) ?? null,
    deps: [],
    checks: [],
    reader: reader ? { kind: reader.kind, paths: reader.paths } : null,
  }
}

function described(options: Asset["options"] | Source["options"]) {
  const { description, group, kinds, tags, owners, partitions } = options
  return {
    description: description ?? null,
    group: group ?? null,
    kinds: kinds ?? [],
    tags: tags ?? {},
    owners: owners ?? [],
    partitions: partitions?.kind ?? null,
  }
}
