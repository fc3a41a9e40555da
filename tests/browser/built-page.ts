import { execFileSync } from "node:child_process"
import { existsSync, readdirSync, statSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("../../", import.meta.url))
const ui = join(root, "packages/ui")

/** Builds the page when it is not, or when its sources are newer: what is tested is what is in the tree. */
export function buildPage(): void {
  const built = join(ui, "dist/web/index.html")
  const sources = readdirSync(join(ui, "src/web"), { recursive: true, encoding: "utf8" }).map(name => `src/web/${name}`)
  const changed = [...sources, "index.html", "vite.config.ts"].map(name => statSync(join(ui, name)).mtimeMs)
  if (existsSync(built) && statSync(built).mtimeMs > Math.max(...changed)) return
  execFileSync("npm", ["run", "--silent", "build:web", "-w", "@assets/ui"], { cwd: root, stdio: "pipe" })
}
