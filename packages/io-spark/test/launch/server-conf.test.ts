import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { expect, test } from "vitest"
import type { SparkJars } from "../../src/install/spark-jars.ts"
import { serverConf } from "../../src/launch/server-conf.ts"
import { resolveSparkOptions, type SparkOptions, type Variables } from "../../src/spark-options.ts"
import { scratchFolder } from "../started-spark.ts"

const plain: SparkJars = { folder: "/jars", version: "4.1.2", names: [], extras: [], sparkHome: undefined }

function confOf(options: SparkOptions, env: Variables = {}, jars = plain, defaults = {}) {
  const resolved = resolveSparkOptions(options, env)
  if (resolved.kind !== "launch") throw new Error("no launch")
  return serverConf(resolved.launch, jars, { folder: "/run", timeZone: "UTC", defaults })
}

test("a local server listens on loopback alone, and shuffles by its cores", () => {
  expect(confOf({ master: "local[3]", executorMemory: "4g" })).toMatchObject({
    "spark.master": "local[3]",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.connect.grpc.binding.address": "127.0.0.1",
    "spark.sql.shuffle.partitions": "6",
    "spark.ui.enabled": "false",
  })
  expect(confOf({ master: "local[3]", executorMemory: "4g" })).not.toHaveProperty("spark.executor.memory")
})

test("the driver of a cluster is reached by its executors, its server by this machine alone", () => {
  const conf = confOf({ master: "spark://host:7077", executorMemory: "4g", executorCores: 2, executorInstances: 3 })
  expect(conf).not.toHaveProperty("spark.driver.bindAddress")
  expect(conf).toMatchObject({
    "spark.connect.grpc.binding.address": "127.0.0.1",
    "spark.executor.memory": "4g",
    "spark.executor.cores": "2",
    "spark.cores.max": "6",
    "spark.sql.shuffle.partitions": "12",
  })
})

test("the user's settings win over a distribution's, and neither over what is fixed", () => {
  const defaults = { "spark.memory.fraction": "0.5", "spark.task.maxFailures": "2", "spark.local.dir": "/elsewhere" }
  const conf = confOf({ conf: { "spark.memory.fraction": 0.7 } }, {}, plain, defaults)
  expect(conf).toMatchObject({
    "spark.memory.fraction": "0.7",
    "spark.task.maxFailures": "2",
    "spark.local.dir": "/run/tmp",
    "spark.sql.ansi.enabled": "true",
  })
})

test("Delta and Iceberg are there when their jars are", () => {
  expect(confOf({})).not.toHaveProperty("spark.sql.extensions")
  expect(confOf({}, {}, { ...plain, extras: ["delta", "iceberg"] })).toMatchObject({
    "spark.sql.extensions":
      "io.delta.sql.DeltaSparkSessionExtension,org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
  })
})

test("the log of a Delta table is read by as many tasks as the machine has use for", () => {
  const jars: SparkJars = { ...plain, extras: ["delta"] }
  const name = "spark.databricks.delta.snapshotPartitions"
  expect(confOf({ master: "local[2]" }, {}, jars)).toMatchObject({ [name]: "2" })
  expect(confOf({ master: "local[2]", conf: { [name]: 8 } }, {}, jars)).toMatchObject({ [name]: "8" })
  expect(confOf({ master: "spark://host:7077" }, {}, jars)).not.toHaveProperty(name)
})

test("S3 is reached where the variables say, without a key in any setting", () => {
  const env = {
    AWS_ACCESS_KEY_ID: "AKIAEXAMPLE",
    AWS_SECRET_ACCESS_KEY: "secret-of-test",
    AWS_ENDPOINT_URL: "http://127.0.0.1:9000",
    AWS_REGION: "eu-central-1",
  }
  const conf = confOf({}, env, { ...plain, extras: ["s3"] })
  expect(conf).toMatchObject({
    "spark.hadoop.fs.s3a.endpoint": "http://127.0.0.1:9000",
    "spark.hadoop.fs.s3a.path.style.access": "true",
    "spark.hadoop.fs.s3a.connection.ssl.enabled": "false",
    "spark.hadoop.fs.s3a.endpoint.region": "eu-central-1",
  })
  expect(JSON.stringify(conf)).not.toContain("secret-of-test")
})

test("Google's store is reached by what stands in the file of its credentials", () => {
  const folder = scratchFolder()
  const named = (type: string) => {
    const path = join(folder, `${type}.json`)
    writeFileSync(path, JSON.stringify({ type, private_key: "secret-of-test" }))
    return { GOOGLE_APPLICATION_CREDENTIALS: path }
  }
  const jars: SparkJars = { ...plain, extras: ["gcs"] }
  const [key, user] = [confOf({}, named("service_account"), jars), confOf({}, named("authorized_user"), jars)]
  expect(key).toMatchObject({
    "spark.hadoop.fs.gs.impl": "com.google.cloud.hadoop.fs.gcs.GoogleHadoopFileSystem",
    "spark.hadoop.fs.gs.auth.type": "SERVICE_ACCOUNT_JSON_KEYFILE",
    "spark.hadoop.fs.gs.auth.service.account.json.keyfile": join(folder, "service_account.json"),
  })
  expect(user).toMatchObject({ "spark.hadoop.fs.gs.auth.type": "APPLICATION_DEFAULT" })
  expect(user).not.toHaveProperty("spark.hadoop.fs.gs.auth.service.account.json.keyfile")
  expect(JSON.stringify([key, user])).not.toContain("secret-of-test")
})

test("an emulator of Google's store is asked without credentials", () => {
  const conf = confOf({}, { STORAGE_EMULATOR_HOST: "localhost:9023" }, { ...plain, extras: ["gcs"] })
  expect(conf).toMatchObject({
    "spark.hadoop.fs.gs.storage.root.url": "http://localhost:9023/",
    "spark.hadoop.fs.gs.auth.type": "UNAUTHENTICATED",
  })
})

test("a cluster of Kubernetes and Google's storage take their variables", () => {
  const env = { SPARK_KUBERNETES_CONTAINER_IMAGE: "r/spark:4", GOOGLE_APPLICATION_CREDENTIALS: "/key.json" }
  expect(confOf({ master: "k8s://https://api:6443" }, env)).toMatchObject({
    "spark.kubernetes.container.image": "r/spark:4",
    "spark.hadoop.fs.gs.auth.service.account.json.keyfile": "/key.json",
  })
})
