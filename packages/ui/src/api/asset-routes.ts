import { ConfigError, type EventLog, type Materialization } from "@assets/core"
import type { FastifyInstance, FastifyReply } from "fastify"
import type {
  AssetDetail,
  AssetPage,
  AssetSummary,
  AssetView,
  HistoryPage,
  MaterializationSummary,
  ProjectView,
} from "./api-view.ts"
import { gives, limitOf, query } from "./schemas.ts"

const assetKey = {
  type: "object",
  properties: { key: { type: "string", description: "The asset's key, its slashes written as %2F." } },
  required: ["key"],
}

interface AssetListQuery {
  readonly environment?: string
  readonly q?: string
  readonly after?: string
  readonly limit: number
}

/** `/api/project`, `/api/assets` and what lies below it. */
export function assetRoutes(app: FastifyInstance, project: ProjectView, log: EventLog): void {
  const projectText = JSON.stringify(project)
  const downstream = downstreamOf(project)
  const byKey = new Map([...project.assets, ...project.sources].map(asset => [asset.key, asset]))
  const environments = (asked: string | undefined) =>
    asked === undefined ? project.environments.map(environment => environment.name) : [knownEnvironment(project, asked)]

  const projectSchema = { tags: ["assets"], summary: "All that the project declares", response: gives("Project") }
  app.get(
    "/api/project",
    { schema: projectSchema },
    async (_request, reply): Promise<FastifyReply> =>
      reply.type("application/json; charset=utf-8").serializer(String).send(projectText),
  )

  const listSchema = {
    tags: ["assets"],
    summary: "Assets by key, with their latest materialization",
    querystring: query({
      environment: { type: "string", description: "Only this one; all by default." },
      q: { type: "string", description: "Words that key, group, kinds, tags or description must hold, each of them." },
      after: { type: "string", description: "Assets with a later key: `next` of the last page." },
      limit: limitOf(100, 500),
    }),
    response: gives("AssetPage"),
  }
  app.get<{ Querystring: AssetListQuery }>(
    "/api/assets",
    { schema: listSchema },
    async ({ query }): Promise<AssetPage> => {
      const names = environments(query.environment)
      const found = search(project.assets, query.q ?? "")
      const from = query.after === undefined ? 0 : found.findIndex(asset => asset.key > (query.after ?? ""))
      const page = from === -1 ? [] : found.slice(from, from + query.limit)
      const more = from !== -1 && from + query.limit < found.length
      return {
        assets: page.map(asset => summary(asset, names, log)),
        total: found.length,
        next: more ? (page.at(-1)?.key ?? null) : null,
      }
    },
  )

  const detail = (key: string): AssetDetail => {
    const asset = knownAsset(byKey, key)
    return {
      ...asset,
      downstream: downstream.get(key) ?? [],
      latest: Object.fromEntries(environments(undefined).map(name => [name, latestOf(asset, name, log) ?? null])),
    }
  }
  const oneSchema = { tags: ["assets"], summary: "One asset", params: assetKey, response: gives("AssetDetail", 404) }
  app.get<{ Params: { key: string } }>("/api/assets/:key", { schema: oneSchema }, async ({ params }) =>
    detail(params.key),
  )
  // A key typed with its slashes as they are means the same; OpenAPI cannot say so.
  app.get<{ Params: { "*": string } }>("/api/assets/*", { schema: { hide: true } }, async ({ params }) =>
    detail(params["*"]),
  )

  const historySchema = {
    tags: ["assets"],
    summary: "Materializations of an asset, latest first",
    params: assetKey,
    querystring: query({
      environment: { type: "string", description: "The project's default one when left out." },
      limit: limitOf(50, 500),
    }),
    response: gives("HistoryPage", 404),
  }
  app.get<{ Params: { key: string }; Querystring: { readonly environment?: string; readonly limit: number } }>(
    "/api/assets/:key/history",
    { schema: historySchema },
    async ({ params, query }): Promise<HistoryPage> => {
      const { key } = knownAsset(byKey, params.key)
      const environment = knownEnvironment(project, query.environment ?? project.defaultEnvironment)
      return { materializations: log.history({ environment, key, limit: query.limit }) }
    },
  )
}

/** Assets that hold every word somewhere, without regard to case. */
function search(assets: readonly AssetView[], text: string): readonly AssetView[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  if (words.length === 0) return assets
  return assets.filter(asset => {
    const tags = Object.entries(asset.tags).map(([name, value]) => `${name}=${value}`)
    const columns = (asset.columns ?? []).map(column => column.name)
    const parts = [asset.key, asset.group ?? "", asset.description ?? "", ...asset.kinds, ...tags, ...columns]
    const all = parts.join("\n").toLowerCase()
    return words.every(word => all.includes(word))
  })
}

function summary(asset: AssetView, environments: readonly string[], log: EventLog): AssetSummary {
  const { key, group, description, kinds, tags, partitions, columns } = asset
  const latest = environments.map(name => {
    const found = latestOf(asset, name, log)
    return [name, found ? summarize(found) : null] as const
  })
  return {
    key,
    group,
    description,
    kinds,
    tags,
    partitions,
    columns: columns?.length ?? null,
    latest: Object.fromEntries(latest),
  }
}

function summarize(materialization: Materialization): MaterializationSummary {
  const { id, runId, createdAt, partitions, rows, bytes, dataVersion, checks } = materialization
  const checksFailed = (checks ?? []).filter(check => !check.passed).length
  return { id, runId, createdAt, partitions, rows: rows ?? null, bytes: bytes ?? null, dataVersion, checksFailed }
}

/** What is current; of a partitioned asset the last write, since all of its partitions would be many. */
function latestOf(asset: AssetView, environment: string, log: EventLog): Materialization | undefined {
  if (asset.kind === "source") return undefined
  if (asset.partitions !== null) return log.history({ environment, key: asset.key, limit: 1 })[0]
  return log.latest({ environment, key: asset.key })[0]?.materialization
}

function downstreamOf(project: ProjectView): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>()
  for (const asset of project.assets) {
    for (const dep of asset.deps) {
      const list = found.get(dep)
      if (list) list.push(asset.key)
      else found.set(dep, [asset.key])
    }
  }
  return found
}

function knownAsset(byKey: ReadonlyMap<string, AssetView>, key: string): AssetView {
  const asset = byKey.get(key)
  if (asset) return asset
  throw new ConfigError("ASSET_UNKNOWN", {
    what: `There is no asset ${JSON.stringify(key)}.`,
    why: "The project that this server was started with does not declare it.",
    fix: "See 'assets list', or GET /api/assets. Restart the server after a change of the project.",
    details: { key },
  })
}

function knownEnvironment(project: ProjectView, name: string): string {
  if (project.environments.some(environment => environment.name === name)) return name
  throw new ConfigError("ENVIRONMENT_UNKNOWN", {
    what: `There is no environment ${JSON.stringify(name)}.`,
    why: `The project has ${project.environments.map(environment => environment.name).join(", ")}.`,
    fix: "Ask for one of these.",
    details: { environment: name },
  })
}
