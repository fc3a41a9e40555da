import { readFileSync } from "node:fs"

/** This package's version; sources and build lie one folder below its manifest. */
export const packageVersion: string = JSON.parse(
  readFileSync(new URL("../package.json", import.meta.url), "utf8"),
).version
