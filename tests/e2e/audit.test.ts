import { spawnSync } from "node:child_process"
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterEach, expect, test } from "vitest"

const script = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), "scripts", "audit.mjs")
const folders: string[] = []

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

function audit(packages: { readonly [path: string]: object }) {
  const folder = mkdtempSync(join(tmpdir(), "assets-audit-"))
  folders.push(folder)
  writeFileSync(join(folder, "package.json"), JSON.stringify({ allowScripts: { builds: true, denied: false } }))
  writeFileSync(join(folder, "package-lock.json"), JSON.stringify({ packages: { "": {}, ...packages } }))
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, folder, "--offline"], { encoding: "utf8" })
  return { status, findings: stderr.split("\n").filter(Boolean), last: stdout.trim().split("\n").at(-1) }
}

const sound = {
  version: "1.0.0",
  license: "MIT",
  integrity: "sha512-abc",
  resolved: "https://packages.example.com/a.tgz",
}

test("sound packages are no finding: one of several licences, a tool of another one, an allowed script, one that is not run", () => {
  expect(
    audit({
      "node_modules/a": sound,
      "node_modules/@x/either": { ...sound, license: "(GPL-3.0 OR Apache-2.0)" },
      "node_modules/tool": { ...sound, license: "MPL-2.0", dev: true },
      "node_modules/builds": { ...sound, hasInstallScript: true },
      "node_modules/denied": { ...sound, hasInstallScript: true },
      "node_modules/@assets/core": { link: true },
    }),
  ).toEqual({ status: 0, findings: [], last: "Audited 5 packages: 0 findings." })
})

test("each kind of finding is told, and fails", () => {
  const { status, findings } = audit({
    "node_modules/copyleft": { ...sound, license: "GPL-3.0" },
    "node_modules/shipped": { ...sound, license: "MPL-2.0" },
    "node_modules/both": { ...sound, license: "MIT AND AGPL-3.0" },
    "node_modules/unlicensed": { ...sound, license: undefined },
    "node_modules/unhashed": { ...sound, integrity: undefined },
    "node_modules/a/node_modules/plain": { ...sound, resolved: "http://registry/a.tgz" },
    "node_modules/runs": { ...sound, hasInstallScript: true },
  })
  expect(status).toBe(1)
  expect(findings).toEqual([
    "copyleft@1.0.0: the licence GPL-3.0 is not permitted",
    "shipped@1.0.0: the licence MPL-2.0 is not permitted",
    "both@1.0.0: the licence MIT AND AGPL-3.0 is not permitted",
    "unlicensed@1.0.0: the licence (none) is not permitted",
    "unhashed@1.0.0: no sha512 integrity hash is locked",
    "plain@1.0.0: it comes from http://registry/a.tgz, not by https",
    "runs@1.0.0: it runs a script when it is installed",
  ])
})

test("no code of the product starts a shell", () => {
  const packages = join(dirname(dirname(script)), "packages")
  const sources = readdirSync(packages, { recursive: true, encoding: "utf8" }).filter(
    name => /^[^/]+\/src\/.*\.tsx?$/.test(name) && !name.includes("node_modules"),
  )
  expect(sources.length).toBeGreaterThan(100)
  const shell = /\bshell\s*:|\bexecSync\s*\(|[^.\w]exec\s*\(|child_process["'].*\bexec\b/
  expect(sources.filter(name => shell.test(readFileSync(join(packages, name), "utf8")))).toEqual([])
})
