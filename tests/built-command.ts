import { mkdirSync } from "node:fs"
import { join } from "node:path"

/** A copy of the built packages, made when the tests began: see scripts/built-packages.mjs. */
const built = process.env.ASSETS_BUILT ?? ""

/** The built command. */
export const cli = join(built, "node_modules/@assets/cli/dist/main.js")

/** Where tests make projects: their imports resolve to the packages of the command. */
export const projects = join(built, "projects")
mkdirSync(projects, { recursive: true })
