import { existsSync, readdirSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { validate } from "dockerfile-utils"
import { describe, expect, test } from "vitest"
import { parse, parseAllDocuments } from "yaml"
import { composeSchema, kubernetesSchema, skipsSchemas } from "./schemas.ts"

const folder = fileURLToPath(new URL("../../deploy", import.meta.url))

interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string }
}

function manifestsOf(file: string): Manifest[] {
  const documents = parseAllDocuments(readFileSync(join(folder, file), "utf8"))
  return documents.map(document => {
    expect(document.errors).toEqual([])
    return document.toJS()
  })
}

const kustomization = parse(readFileSync(join(folder, "kustomization.yaml"), "utf8"))
const files: readonly string[] = kustomization.resources
const manifests = files.flatMap(manifestsOf)

describe("the image", () => {
  const path = join(folder, "image", "Dockerfile")
  const text = readFileSync(path, "utf8")

  test("is made by instructions that are right", () => {
    expect(validate(text)).toEqual([])
  })

  test("copies nothing that its context leaves out, and runs as a user without rights", () => {
    expect(readFileSync(`${path}.dockerignore`, "utf8")).not.toMatch(/^(packages|deploy|scripts|package)/m)
    expect(text.split("\n").filter(line => line.startsWith("USER"))).toEqual(["USER node"])
  })
})

describe.skipIf(skipsSchemas)("the compose file", () => {
  const path = join(folder, "compose", "compose.yaml")
  const compose = parse(readFileSync(path, "utf8"), { merge: true })

  test("is one by the schema of Compose", () => {
    const schema = composeSchema()
    expect(schema(compose) ? [] : schema.errors).toEqual([])
  })

  test("names volumes, networks, services, files and variables that are there", () => {
    const services: { readonly [name: string]: Record<string, never> } = compose.services
    for (const service of Object.values(services)) {
      const {
        volumes = [],
        networks = [],
        depends_on = {},
        build,
      } = service as {
        readonly volumes?: readonly string[]
        readonly networks?: readonly string[]
        readonly depends_on?: { readonly [name: string]: unknown }
        readonly build?: { readonly context: string; readonly dockerfile: string }
      }
      for (const volume of volumes) {
        const [source = ""] = volume.split(":")
        if (source.startsWith(".")) expect(existsSync(join(dirname(path), source))).toBe(true)
        else expect(compose.volumes).toHaveProperty(source)
      }
      for (const network of networks) expect(compose.networks).toHaveProperty(network)
      for (const name of Object.keys(depends_on)) expect(services).toHaveProperty(name)
      if (build) expect(existsSync(join(dirname(path), build.context, build.dockerfile))).toBe(true)
    }
    const example = readFileSync(join(folder, "compose", ".env.example"), "utf8")
    for (const [, name] of readFileSync(path, "utf8").matchAll(/\$\{(\w+):\?/g)) expect(example).toContain(`${name}=`)
  })
})

describe("the manifests of Kubernetes", () => {
  test.skipIf(skipsSchemas).each(manifests.map(one => [`${one.kind} ${one.metadata.name}`, one] as const))(
    "%s is one by its schema",
    (_name, manifest) => {
      const schema = kubernetesSchema(manifest.kind, manifest.apiVersion)
      expect(schema(manifest) ? [] : schema.errors).toEqual([])
    },
  )

  test("are all applied, with the files that they take", () => {
    const written = readdirSync(join(folder, "kubernetes")).map(name => `kubernetes/${name}`)
    expect([...files].sort()).toEqual(written.sort())
    for (const { files: sources } of kustomization.configMapGenerator as { readonly files: readonly string[] }[]) {
      for (const source of sources) expect(existsSync(join(folder, source.split("=").at(-1) ?? ""))).toBe(true)
    }
  })

  test("name claims, config maps and accounts that they make, or that the pages tell to make", () => {
    const made = new Set(manifests.map(({ kind, metadata }) => `${kind} ${metadata.name}`))
    for (const { name } of kustomization.configMapGenerator as { readonly name: string }[])
      made.add(`ConfigMap ${name}`)
    const text = files.map(file => readFileSync(join(folder, file), "utf8")).join("\n")
    for (const [, name] of text.matchAll(/claimName: (\w+)/g)) expect(made).toContain(`PersistentVolumeClaim ${name}`)
    for (const [, name] of text.matchAll(/configMap: \{ name: (\w+)/g)) expect(made).toContain(`ConfigMap ${name}`)
    for (const [, name] of text.matchAll(/serviceAccountName: (\w+)/g)) expect(made).toContain(`ServiceAccount ${name}`)
    for (const [, name] of text.matchAll(/secretKeyRef: \{ name: (\w+)/g))
      expect(text).toContain(`create secret generic ${name}`)
  })

  test("give the executors what the driver has: a user without rights", () => {
    const [map] = manifests.filter(({ kind }) => kind === "ConfigMap") as unknown as {
      readonly data: { readonly [file: string]: string }
    }[]
    const pod = parse(map?.data["executor.yaml"] ?? "")
    const schema = skipsSchemas ? undefined : kubernetesSchema("Pod", "v1")
    // Spark adds the image to the container of this name.
    const whole = { ...pod, spec: { ...pod.spec, containers: [{ ...pod.spec.containers[0], image: "apache/spark" }] } }
    expect(schema === undefined || schema(whole) ? [] : schema.errors).toEqual([])
    expect(pod.spec.securityContext.runAsNonRoot).toBe(true)
  })
})
