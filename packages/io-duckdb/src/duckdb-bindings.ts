/** The functions of DuckDB's C API. */
export type DuckdbBindings = Awaited<ReturnType<typeof loadBindings>>

/** Imports the functions that read and write raw vectors, which the Node API does not show. */
export async function loadBindings() {
  return (await import("@duckdb/node-bindings")).default
}
