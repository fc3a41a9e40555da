import { execFileSync } from "node:child_process"
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs"
import { join } from "node:path"
import { cacheFolder } from "@assets/core"
import type { ValidateFunction } from "ajv"
import { Ajv2020 } from "ajv/dist/2020.js"

const kubernetesValidate = "1.37.0"
const kubernetes = "v1.33.0-local-strict"
const composeGo = "v2.16.2"

function has(program: string, args: readonly string[]): boolean {
  try {
    execFileSync(program, args, { stdio: "ignore" })
    return true
  } catch {
    return false
  }
}

/** Whether the tests by the schemas of Kubernetes and Compose are skipped: pip or Go, which bring them, are missing. */
export const skipsSchemas = !process.env.CI && !(has("pip", ["--version"]) && has("go", ["version"]))

if (skipsSchemas)
  console.warn("The tests of the deployment's files by their schemas are skipped: pip or Go is missing.")

function readJson(path: string): object {
  return JSON.parse(readFileSync(path, "utf8"))
}

// Both know formats by name alone; shapes are what is looked at.
const lenient = { strict: false, validateFormats: false, allErrors: true } as const

/** Validates a document of a kind of Kubernetes, strictly: fields that it does not know are wrong. */
export function kubernetesSchema(kind: string, apiVersion: string): ValidateFunction {
  const folder = join(kubernetesFolder(), "kubernetes_validate", "kubernetes-json-schema", kubernetes)
  const [group, version] = apiVersion.includes("/") ? apiVersion.split("/") : ["", apiVersion]
  const name = [kind, group?.split(".")[0], version].filter(Boolean).join("-").toLowerCase()
  const ajv = new Ajv2020(lenient)
  ajv.addSchema(readJson(join(folder, "_definitions.json")), "_definitions.json")
  return ajv.compile(readJson(join(folder, `${name}.json`)))
}

function kubernetesFolder(): string {
  const base = cacheFolder(process.env)
  const folder = join(base, `kubernetes-schemas-${kubernetesValidate}`)
  if (existsSync(folder)) return folder
  mkdirSync(base, { recursive: true })
  const part = mkdtempSync(join(base, "schemas-"))
  try {
    const wheel = `kubernetes_validate-${kubernetesValidate}-py3-none-any.whl`
    const wanted = `kubernetes-validate==${kubernetesValidate}`
    execFileSync("pip", ["download", "--quiet", "--no-deps", "--dest", part, wanted], { stdio: "pipe" })
    execFileSync("python3", ["-m", "zipfile", "-e", join(part, wheel), part])
    rmSync(join(part, wheel))
    renameSync(part, folder)
  } catch (error) {
    rmSync(part, { recursive: true, force: true })
    if (!existsSync(folder)) throw error // else another process was first
  }
  return folder
}

/** Validates a compose file, its variables in their places. */
export function composeSchema(): ValidateFunction {
  const wanted = `github.com/compose-spec/compose-go/v2@${composeGo}`
  const told = execFileSync("go", ["mod", "download", "-json", wanted], {
    encoding: "utf8",
    env: { ...process.env, GO111MODULE: "on", GOFLAGS: "-mod=mod" },
  })
  const { Dir } = JSON.parse(told) as { readonly Dir: string }
  return new Ajv2020(lenient).compile(readJson(join(Dir, "schema", "compose-spec.json")))
}
