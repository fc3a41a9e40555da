import { ConfigError, type EngineSession } from "@assets/core"
import type { SparkSession } from "../spark-session.ts"
import { otherEngine } from "./table-root.ts"

/** @throws ConfigError `ENVIRONMENT_UNSUPPORTED` for the session of another engine */
export function sparkSession(session: EngineSession): SparkSession {
  if (session.dialect === "spark") return session as SparkSession // the only engine that speaks it
  throw new ConfigError("ENVIRONMENT_UNSUPPORTED", {
    what: `Tables cannot be written by the engine of this environment (${session.dialect}).`,
    ...otherEngine,
    details: { dialect: session.dialect },
  })
}
