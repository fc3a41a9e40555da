import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, onTestFinished, test } from "vitest"
import { objectStoreAt } from "../src/object-store/object-store-at.ts"

const names = ["HADOOP_CONF_DIR", "YARN_CONF_DIR", "HADOOP_USER_NAME"]

/** Lets HADOOP_CONF_DIR name a folder with these properties, for one test. */
function configure(properties: { readonly [name: string]: string }): void {
  const former = names.map(name => [name, process.env[name]] as const)
  const folder = mkdtempSync(join(tmpdir(), "assets-hadoop-"))
  const xml = Object.entries(properties).map(([k, v]) => `<property><name>${k}</name><value>${v}</value></property>`)
  writeFileSync(join(folder, "core-site.xml"), `<configuration>${xml.join("")}</configuration>`)
  for (const name of names) delete process.env[name]
  process.env.HADOOP_CONF_DIR = folder
  onTestFinished(() => {
    for (const [name, value] of former) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
    rmSync(folder, { recursive: true })
  })
}

/** A port of this machine where nobody listens. */
async function closedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, "127.0.0.1", resolve))
  const address = server.address()
  await new Promise(resolve => server.close(resolve))
  if (address === null || typeof address === "string") throw new Error("no port")
  return address.port
}

const place = "hdfs://namenode/lake"

test("a namenode that does not answer is told as what cannot be reached, with where its address comes from", async () => {
  const port = await closedPort()
  configure({ "fs.defaultFS": "hdfs://namenode:8020", "dfs.namenode.http-address": `127.0.0.1:${port}` })
  await expect(objectStoreAt(place).look(`${place}/a`)).rejects.toMatchObject({
    code: "STORAGE_UNREACHABLE",
    message: "The store of hdfs://namenode/lake/a cannot be reached.",
    why: expect.stringContaining("ECONNREFUSED"),
    fix: expect.stringContaining("HADOOP_CONF_DIR"),
  })
})

test("a host that nobody knows is told so", async () => {
  configure({})
  await expect(
    objectStoreAt("hdfs://no-such-host.invalid/lake").get("hdfs://no-such-host.invalid/lake/a"),
  ).rejects.toMatchObject({ code: "STORAGE_UNREACHABLE", why: expect.stringMatching(/ENOTFOUND|EAI_AGAIN/) })
})

test("a cluster with Kerberos is refused before it is asked", async () => {
  configure({ "hadoop.security.authentication": "kerberos" })
  await expect(objectStoreAt(place).put(`${place}/a`, "")).rejects.toMatchObject({
    code: "ENVIRONMENT_UNSUPPORTED",
    message: expect.stringContaining("Kerberos"),
  })
})

test("a URL without a host needs a default file system of HDFS", async () => {
  configure({ "fs.defaultFS": "file:///" })
  await expect(objectStoreAt("hdfs:///lake").look("hdfs:///lake/a")).rejects.toMatchObject({
    code: "ENVIRONMENT_UNSUPPORTED",
    message: "hdfs:/// names no namenode.",
  })
})
