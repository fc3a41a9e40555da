import {
  durabilityValues,
  environmentSettings,
  isEngine,
  isEntries,
  isIOManager,
  isLimit,
  isMegabytes,
  isName,
  isResource,
  isTimeZone,
  projectSettings,
  publishValues,
  routeSettings,
  stateSettings,
} from "./setting-rules.ts"

type Rule = (value: unknown) => boolean

/**
 * Whether a config is of the right form: the same answer as the schema's, in microseconds. The schema is asked what is
 * wrong only after a no, so that a sound config does not wait for it to be loaded.
 */
export function hasConfigShape(config: unknown): boolean {
  return project(config)
}

/** The same for the settings of one environment. */
export function hasEnvironmentShape(config: unknown): boolean {
  return environment(config)
}

const listOf =
  (rule: Rule): Rule =>
  value =>
    Array.isArray(value) && value.every(rule)

const entriesOf =
  (rule: Rule): Rule =>
  value =>
    isEntries(value) && Object.values(value).every(rule)

/** An object with these settings and no other; one that is undefined is not there. */
function settings(
  known: readonly string[],
  rules: { readonly [name: string]: Rule },
  required: readonly string[] = [],
) {
  return (value: unknown): boolean =>
    isEntries(value) &&
    required.every(name => value[name] !== undefined) &&
    Object.entries(value).every(([name, one]) => known.includes(name) && (one === undefined || !!rules[name]?.(one)))
}

const state = settings(stateSettings, { path: isName }, ["path"])

const environment = settings(environmentSettings, {
  extends: isName,
  engine: isEngine,
  io: isIOManager,
  engines: entriesOf(isEngine),
  ios: entriesOf(isIOManager),
  route: entriesOf(settings(routeSettings, { engine: isName, io: isName })),
  sources: value => isName(value) || entriesOf(isName)(value),
  pools: entriesOf(isLimit),
  vars: entriesOf(value => typeof value === "string"),
  resources: listOf(isResource),
  timeZone: isTimeZone,
  reuse: listOf(isName),
  publish: value => publishValues.some(one => one === value),
  hashLimitMB: isMegabytes,
  state,
  durability: value => durabilityValues.some(one => one === value),
})

const project = settings(
  projectSettings,
  { assets: listOf(isName), defaultEnvironment: isName, environments: entriesOf(environment), state },
  ["environments"],
)
