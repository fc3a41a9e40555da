import { outputContext } from "@assets/core/testing"
import { parquetIO } from "../src/index.ts"
import { key, numbers } from "./storage.ts"

/** Adds three rows for each fingerprint: `appender-process.ts BASE FINGERPRINTS…`. */
const [base = "", ...fingerprints] = process.argv.slice(2)
const io = parquetIO({ root: "data" })
const session = () => Promise.reject(new Error("no engine was to be opened"))
for (const fingerprint of fingerprints) {
  await io.handleOutput(outputContext({ base, key, session, fingerprint, write: "append" }), numbers(3))
}
await io.close?.()
