import { ConfigError } from "@assets/core"
import type { Remote } from "../connect/remote.ts"
import type { Variables } from "../spark-options.ts"

const names = ["DATABRICKS_HOST", "DATABRICKS_TOKEN", "DATABRICKS_CLUSTER_ID"] as const

/**
 * Returns where the cluster of Databricks answers that the variables name.
 * @throws ConfigError `VARIABLE_MISSING` when one of them has no value
 */
export function databricksRemote(env: Variables): Remote {
  const missing = names.filter(name => !env[name])
  if (missing.length > 0) throw variableMissing(missing)
  const host = (env.DATABRICKS_HOST ?? "").replace(/^https?:\/\//, "").replace(/\/.*$/, "")
  return {
    host,
    port: 443,
    token: env.DATABRICKS_TOKEN ?? "",
    useTls: true,
    headers: { "x-databricks-cluster-id": env.DATABRICKS_CLUSTER_ID ?? "" },
  }
}

function variableMissing(missing: readonly string[]): ConfigError {
  const list = missing.map(name => `'${name}'`).join(", ")
  return new ConfigError("VARIABLE_MISSING", {
    what: `The master is databricks, and ${list} ${missing.length > 1 ? "have" : "has"} no value.`,
    why: "A cluster of Databricks is reached by its workspace, a token and the id of the cluster.",
    fix: `Set what is missing: ${missing.map(name => `export ${name}=…`).join("; ")}. The id is in the cluster's page, under Advanced options, Tags.`,
    details: { variables: [...missing] },
  })
}
