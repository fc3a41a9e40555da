// Audits the locked dependencies: licences, integrity hashes, install scripts, and what the registry knows of weaknesses.
// `node scripts/audit.mjs [ROOT] [--offline]`; exit 1 when something is found. A registry without an answer is no finding.
import { spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

/** Licences that let anyone use, change and ship the code, with a notice at most. */
const permissive = new Set([
  ...["MIT", "MIT-0", "ISC", "0BSD", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0", "BlueOak-1.0.0", "CC0-1.0"],
  ...["Unlicense", "Python-2.0", "WTFPL", "Zlib"],
])
/** Of tools that are used while developing and never shipped: a change of their own files would have to be published. */
const permittedTools = new Set(["MPL-2.0", "CC-BY-4.0"])

const args = process.argv.slice(2)
const root = args.find(arg => !arg.startsWith("--")) ?? dirname(dirname(fileURLToPath(import.meta.url)))
const { allowScripts = {} } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"))

const locked = Object.entries(packages).filter(([path, facts]) => path.includes("node_modules/") && !facts.link)
const findings = locked.flatMap(([path, facts]) =>
  findingsOf(path.slice(path.lastIndexOf("node_modules/") + 13), facts),
)

function findingsOf(name, { version, license, integrity, resolved, hasInstallScript, dev }) {
  const id = `${name}@${version}`
  const found = []
  if (!isPermitted(license, dev === true)) found.push(`${id}: the licence ${license ?? "(none)"} is not permitted`)
  if (!/^sha512-/.test(integrity ?? "")) found.push(`${id}: no sha512 integrity hash is locked`)
  if (resolved !== undefined && !resolved.startsWith("https://"))
    found.push(`${id}: it comes from ${resolved}, not by https`)
  if (hasInstallScript && allowScripts[name] === undefined) found.push(`${id}: it runs a script when it is installed`)
  return found
}

/** `A OR B` needs one that is permitted, `A AND B` all. */
function isPermitted(expression, isTool) {
  if (typeof expression !== "string") return false
  const text = expression.replace(/^\((.*)\)$/, "$1")
  if (/ AND /i.test(text)) return text.split(/ AND /i).every(part => isPermitted(part, isTool))
  if (/ OR /i.test(text)) return text.split(/ OR /i).some(part => isPermitted(part, isTool))
  return permissive.has(text) || (isTool && permittedTools.has(text))
}

/** What `npm audit` knows of what is shipped; undefined where the registry does not answer it. */
function knownWeaknesses() {
  const options = { cwd: root, encoding: "utf8", timeout: 60_000, maxBuffer: 64 * 1024 * 1024 }
  const { stdout } = spawnSync("npm", ["audit", "--omit=dev", "--json"], options)
  try {
    const { metadata, vulnerabilities } = JSON.parse(stdout)
    if (!metadata?.vulnerabilities) return undefined
    return Object.values(vulnerabilities ?? {}).filter(({ severity }) => severity === "high" || severity === "critical")
  } catch {
    return undefined
  }
}

const weaknesses = args.includes("--offline") ? [] : knownWeaknesses()
for (const { name, severity, range } of weaknesses ?? [])
  findings.push(`${name} ${range}: a weakness of severity ${severity}`)
for (const finding of findings) console.error(finding)
if (weaknesses === undefined)
  console.log("The registry does not answer npm audit; known weaknesses were not looked up.")
console.log(`Audited ${locked.length} packages: ${findings.length} finding${findings.length === 1 ? "" : "s"}.`)
process.exit(findings.length === 0 ? 0 : 1)
