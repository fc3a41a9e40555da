import {
  assetPlaces,
  type Definitions,
  describeEnvironment,
  diffEnvironments,
  type EnvironmentDescription,
  type Json,
} from "@assets/core"
import type { GlobalOptions } from "../global-options.ts"
import { openProject } from "../open-project.ts"
import { Output } from "../output.ts"

export async function listEnvironments(options: GlobalOptions): Promise<void> {
  const { definitions } = await openProject(options)
  const output = new Output(options)
  const all = Object.keys(definitions.environments).map(name => summaryOf(describeEnvironment(definitions, name)))
  if (output.json) {
    for (const one of all) output.object(one)
    return
  }
  output.table(
    ["environment", "default", "engine", "io", "location", "extends"],
    all.map(one => [
      one.name,
      one.default ? "default" : "",
      one.engine ?? "",
      one.io ?? "",
      one.location ?? "",
      one.extends ?? "",
    ]),
  )
}

/** The form of `env list --json`. */
function summaryOf({ name, isDefault, extends: base, settings }: EnvironmentDescription) {
  const text = (setting: string) => {
    const value = settings.find(one => one.setting === setting)?.value
    return typeof value === "string" ? value : null
  }
  return {
    name,
    default: isDefault,
    engine: text("engine") ?? text("engines.default"),
    io: text("io") ?? text("ios.default"),
    // An IO manager tells of its place first.
    location: text(settings.find(one => one.setting.startsWith("io."))?.setting ?? ""),
    extends: base,
  }
}

export async function showEnvironment(name: string | undefined, options: GlobalOptions): Promise<void> {
  const { definitions } = await openProject(options)
  const output = new Output(options)
  const found = describeEnvironment(definitions, name ?? options.env)
  const { isDefault, settings, missingVariables, extends: base } = found
  if (output.json) {
    output.object({ name: found.name, default: isDefault, extends: base, settings, missingVariables })
    return
  }
  const marks = [isDefault ? "the default" : "", base === null ? "" : `extends ${base}`].filter(Boolean)
  output.line(`${found.name}${marks.length > 0 ? `  (${marks.join(", ")})` : ""}`)
  output.table(
    ["setting", "value", "from"],
    settings.map(({ setting, value, from }) => [setting, shown(value), from ?? "default"]),
  )
  if (missingVariables.length > 0) output.line(`Not set: ${missingVariables.join(", ")}`)
}

export async function showEnvironmentDifferences(
  a: string,
  b: string,
  options: GlobalOptions & { readonly assets?: boolean },
): Promise<void> {
  const { definitions } = await openProject(options)
  const output = new Output(options)
  const settings = diffEnvironments(definitions, a, b)
  const assets = options.assets ? routedDifferently(definitions, a, b) : []
  if (output.json) {
    for (const one of [...settings, ...assets]) output.object(one)
    return
  }
  output.table(
    ["setting", a, b],
    settings.map(one => [one.setting, shown(one.a), shown(one.b)]),
  )
  if (assets.length > 0 && settings.length > 0) output.line()
  output.table(
    ["asset", a, b],
    assets.map(one => [one.key, placeText(one.a), placeText(one.b)]),
  )
  if (settings.length + assets.length === 0) output.line(`${a} and ${b} do not differ.`)
}

/** Assets that two environments send to engines or IO managers of other names. */
function routedDifferently(project: Definitions, a: string, b: string) {
  const [one, other] = [assetPlaces(project, a), assetPlaces(project, b)]
  return [...one].flatMap(([key, place]) => {
    const there = other.get(key)
    if (!there || (there.engine === place.engine && there.io === place.io)) return []
    return [{ key, a: place, b: there }]
  })
}

function placeText({ engine, io }: { readonly engine: string; readonly io: string }): string {
  return `engine ${engine}, io ${io}`
}

function shown(value: Json): string {
  if (value === null) return ""
  return typeof value === "string" ? value : JSON.stringify(value)
}
