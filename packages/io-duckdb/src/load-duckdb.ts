import { EngineError } from "@assets/core"

/** Imports DuckDB when it is first needed: a command that runs no query does not pay for it. */
export async function loadDuckdb(): Promise<typeof import("@duckdb/node-api")> {
  try {
    return await import("@duckdb/node-api")
  } catch (cause) {
    throw new EngineError("ENGINE_UNAVAILABLE", {
      what: "DuckDB could not be loaded.",
      why: cause instanceof Error ? cause.message : String(cause),
      fix: "Run npm install on this machine: DuckDB's binary is a package of its own for each platform.",
      cause,
    })
  }
}
