import { dirname } from "node:path"
import { FrameError } from "../errors/frame-error.ts"
import type { Engine } from "./engine-session.ts"
import { findConfig, importConfig } from "./project-config.ts"

/** Where core, once it is loaded, says which engine an environment of a config has. */
const environmentEngineKey = Symbol.for("@assets/core/environmentEngine")
/** Marks errors of this product. */
const errorBrand = Symbol.for("@assets/error")

interface EnvironmentEngine {
  readonly engine: Engine
  readonly timeZone: string
}

type FindEngine = (config: unknown, wanted: { readonly name: string; readonly base: string }) => EnvironmentEngine

/**
 * The engine of an environment of the project in `folder`, or of the nearest one above it.
 * @throws FrameError `FRAME_ENVIRONMENT_UNAVAILABLE` where there is no config, or it cannot be loaded; what core says of
 * an unknown name or a faulty config
 */
export async function environmentEngine(name: string, folder: string): Promise<EnvironmentEngine> {
  const file = findConfig(folder)
  if (!file) {
    throw unavailable(name, {
      why: `Neither ${folder} nor a folder above it has an assets.config.ts.`,
      fix: "Run the script in the folder of a project, or give the engine itself: openSession(duckdb())",
    })
  }
  const config = await importConfig(file).catch(cause => {
    if (cause?.[errorBrand]) throw cause
    throw unavailable(name, {
      why: `${file} cannot be loaded: ${cause instanceof Error ? cause.message : cause}`,
      fix: "Correct the config; assets env list tells the place. A config in TypeScript needs esbuild, or Node 22.18 or later: npm install esbuild",
      cause,
    })
  })
  const find = (globalThis as { readonly [key: symbol]: FindEngine | undefined })[environmentEngineKey]
  if (!find) {
    throw unavailable(name, {
      why: `${file} has no engine and no IO manager of this product, and does not import @assets/core.`,
      fix: 'Make it with defineConfig: import { defineConfig } from "@assets/core"',
    })
  }
  return find(config, { name, base: dirname(file) })
}

function unavailable(
  environment: string,
  text: { readonly why: string; readonly fix: string; readonly cause?: unknown },
): FrameError {
  return new FrameError("FRAME_ENVIRONMENT_UNAVAILABLE", {
    what: `The environment '${environment}' cannot be opened.`,
    ...text,
    details: { environment },
  })
}
