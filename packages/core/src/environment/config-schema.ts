import type * as Zod from "zod"
import type { EnvironmentConfig, ProjectConfig } from "./environment.ts"
import {
  durabilityValues,
  isEngine,
  isIOManager,
  isLimit,
  isMegabytes,
  isName,
  isResource,
  isTimeZone,
  publishValues,
} from "./setting-rules.ts"

/** The schemas of what a config may hold. */
export interface ConfigSchema {
  readonly project: Zod.ZodType
  readonly environment: Zod.ZodType
}

/** Makes the schemas; each part says in its `error` what it takes. */
export function configSchema(z: typeof Zod): ConfigSchema {
  const name = (error: string) => z.custom<string>(isName, { error })
  const entries = <T extends Zod.ZodType>(value: T, error: string) => z.record(z.string(), value, { error })
  const folder = name('a folder: ".assets"')
  const state = z.strictObject({ path: folder }, { error: 'a folder: { path: ".assets" }' })
  const engine = z.custom<EnvironmentConfig["engine"]>(isEngine, { error: "an engine: what duckdb() returns" })
  const io = z.custom<EnvironmentConfig["io"]>(isIOManager, {
    error: 'an IO manager: what parquetIO({ root: "data" }) returns',
  })
  const root = name('a folder or URL: "s3://lake/raw/"')
  const routed = z.strictObject(
    { engine: name("the name of an engine").optional(), io: name("the name of an IO manager").optional() },
    { error: 'the names of an engine and an IO manager: { engine: "big" }' },
  )
  const text = z.string({ error: "a text" })
  const limit = z.custom<number>(isLimit, { error: "a whole number from 1 on" })
  const environment = z.strictObject(
    {
      extends: name("the name of another environment").optional(),
      engine: engine.optional(),
      io: io.optional(),
      engines: entries(engine, "engines by their names: { big: duckdb() }").optional(),
      ios: entries(io, 'IO managers by their names: { archive: parquetIO({ root: "archive" }) }').optional(),
      route: entries(routed, 'names by selection: { "group:heavy": { engine: "big" } }').optional(),
      sources: z.union([root, entries(root, "")], { error: "a folder or URL, or such by selection" }).optional(),
      pools: entries(limit, "limits by their names: { api: 2 }").optional(),
      vars: entries(text, 'texts by their names: { REGION: "eu" }').optional(),
      resources: z
        .array(z.custom(isResource, { error: "a resource: what resource(…) returns" }), {
          error: "a list of resources",
        })
        .optional(),
      timeZone: z.custom<string>(isTimeZone, { error: "an IANA name such as 'Europe/Berlin'" }).optional(),
      reuse: z.array(name("the name of another environment"), { error: 'a list of environments: ["prod"]' }).optional(),
      publish: z.enum(publishValues, { error: "'step' or 'run'" }).optional(),
      hashLimitMB: z.custom<number>(isMegabytes, { error: "a number of megabytes from 0 on" }).optional(),
      state: state.optional(),
      durability: z.enum(durabilityValues, { error: "'process' or 'power'" }).optional(),
    } satisfies { readonly [K in keyof Required<EnvironmentConfig>]: Zod.ZodType },
    { error: 'settings: { io: parquetIO({ root: "data" }) }' },
  )
  const project = z.strictObject(
    {
      assets: z
        .array(name('a pattern of files: "./assets/**/*.ts"'), { error: 'a list of patterns: ["./assets/**/*.ts"]' })
        .optional(),
      defaultEnvironment: name("the name of an environment").optional(),
      environments: entries(environment, 'environments by their names: { local: { io: parquetIO({ root: "data" }) } }'),
      state: state.optional(),
    } satisfies { readonly [K in keyof Required<ProjectConfig>]: Zod.ZodType },
    { error: "what defineConfig({ environments: {…} }) returns" },
  )
  return { project, environment }
}
