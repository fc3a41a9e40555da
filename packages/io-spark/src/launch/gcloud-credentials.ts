import { existsSync } from "node:fs"
import { homedir } from "node:os"
import { join } from "node:path"
import type { Variables } from "../spark-options.ts"

/**
 * What lets Google's connector find the file of `gcloud auth application-default login`, as other clients of Google's do by
 * themselves. Nothing where the variable names other credentials.
 */
export function gcloudCredentials(env: Variables): Variables {
  if (env.GOOGLE_APPLICATION_CREDENTIALS) return {}
  const folder = env.CLOUDSDK_CONFIG || join(env.HOME || homedir(), ".config", "gcloud")
  const path = join(folder, "application_default_credentials.json")
  return existsSync(path) ? { GOOGLE_APPLICATION_CREDENTIALS: path } : {}
}
