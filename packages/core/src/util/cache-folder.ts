import { homedir } from "node:os"
import { join } from "node:path"

/**
 * Returns the folder for what is made once and used by every project of this user: `ASSETS_CACHE`, else `assets` in the
 * folder that the system has for such.
 */
export function cacheFolder(
  env: { readonly [name: string]: string | undefined },
  platform: NodeJS.Platform = process.platform,
): string {
  if (env.ASSETS_CACHE) return env.ASSETS_CACHE
  if (env.XDG_CACHE_HOME) return join(env.XDG_CACHE_HOME, "assets")
  const home = env.HOME || homedir()
  return platform === "darwin" ? join(home, "Library", "Caches", "assets") : join(home, ".cache", "assets")
}
