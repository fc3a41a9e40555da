import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { cacheFolder } from "@assets/core"

/** The script of the peer. */
export const peerScript = join(import.meta.dirname, "pyspark-peer.py")

/**
 * The Python of an environment with PySpark's Connect client of a version, made once and kept in the user's cache. It is
 * the client of `pyspark[connect]` without Spark's jars: the server has them.
 */
export function pysparkPython(version: string): string {
  const cache = cacheFolder(process.env)
  const kept = join(cache, "bench", `pyspark-${version}`)
  const python = join(kept, "bin", "python")
  if (existsSync(join(kept, "whole"))) return python
  rmSync(kept, { recursive: true, force: true })
  mkdirSync(join(cache, "bench"), { recursive: true })
  run("python3", ["-m", "venv", kept])
  run(python, ["-m", "pip", "install", "--quiet", `pyspark-client==${version}`])
  writeFileSync(join(kept, "whole"), version)
  return python
}

function run(program: string, args: readonly string[]): void {
  const { status, stderr, error } = spawnSync(program, args, { encoding: "utf8" })
  if (status !== 0) throw new Error(`${program} ${args.join(" ")} failed: ${error?.message ?? stderr}`)
}
