// Makes the TypeScript of Spark Connect's messages out of packages/io-spark/proto. Nothing to do is quick.
import { spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { delimiter, dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const folder = join(root, "packages", "io-spark")
const bin = join(root, "node_modules", ".bin")
const marker = join(folder, "src", "generated", ".inputs")

const inputs = [
  ...readdirSync(join(folder, "proto")).map(name => join(folder, "proto", name)),
  join(folder, "buf.gen.yaml"),
  // The versions of the compiler and of its plugin.
  ...["buf", "protoc-gen-es"].map(name => join(root, "node_modules", "@bufbuild", name, "package.json")),
]
const hash = inputs.reduce((hash, path) => hash.update(readFileSync(path)), createHash("sha256")).digest("hex")

if (!existsSync(marker) || readFileSync(marker, "utf8") !== hash) {
  const { status, error } = spawnSync(join(bin, "buf"), ["generate"], {
    cwd: folder,
    stdio: ["ignore", 2, 2],
    env: { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` },
    shell: process.platform === "win32",
  })
  if (error) throw error
  if (status !== 0) process.exit(status ?? 1)
  writeFileSync(marker, hash)
}
