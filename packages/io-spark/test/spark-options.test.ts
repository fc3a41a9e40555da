import { ConfigError } from "@assets/core"
import { describe, expect, test } from "vitest"
import { resolveSparkOptions, type SparkOptions, type Variables } from "../src/spark-options.ts"

function launchOf(options: SparkOptions, env: Variables = {}) {
  const resolved = resolveSparkOptions(options, env)
  if (resolved.kind !== "launch") throw new Error("no launch")
  return resolved.launch
}

function faultOf(options: object, env: Variables = {}): string {
  try {
    resolveSparkOptions(options, env)
  } catch (error) {
    if (error instanceof ConfigError) return `${error.code} ${error.message}`
    throw error
  }
  return ""
}

describe("where Spark is", () => {
  test("is this machine when nobody says more", () => {
    expect(launchOf({})).toMatchObject({ master: "local[*]", driverMemory: undefined, keepAliveMs: undefined })
  })

  test("is the server of SPARK_REMOTE, else the master of SPARK_MASTER; an empty variable is none", () => {
    const env = { SPARK_REMOTE: "sc://host:15002/;token=x", SPARK_MASTER: "yarn" }
    expect(resolveSparkOptions({}, env)).toEqual({ kind: "attach", remote: "sc://host:15002/;token=x", conf: {} })
    expect(launchOf({}, { ...env, SPARK_REMOTE: "" }).master).toBe("yarn")
  })

  test("is what the code says, whatever the variables say", () => {
    const env = { SPARK_REMOTE: "sc://host", SPARK_MASTER: "yarn" }
    expect(launchOf({ master: "local[3]" }, env).master).toBe("local[3]")
    expect(resolveSparkOptions({ remote: "sc://other:1" }, env)).toMatchObject({ remote: "sc://other:1" })
    expect(resolveSparkOptions({ remote: undefined }, env)).toMatchObject({ remote: "sc://host" })
  })

  test("is a cluster of Databricks by its variables, each of which is needed", () => {
    const env = {
      SPARK_MASTER: "databricks",
      DATABRICKS_HOST: "https://dbc-1.cloud.databricks.com/",
      DATABRICKS_TOKEN: "dapi1",
      DATABRICKS_CLUSTER_ID: "0101-a",
    }
    expect(resolveSparkOptions({ driverMemory: "4g" }, env)).toEqual({
      kind: "attach",
      remote: {
        host: "dbc-1.cloud.databricks.com",
        port: 443,
        token: "dapi1",
        useTls: true,
        headers: { "x-databricks-cluster-id": "0101-a" },
      },
      conf: {},
    })
    expect(faultOf({}, { ...env, DATABRICKS_TOKEN: undefined, DATABRICKS_CLUSTER_ID: "" })).toBe(
      "VARIABLE_MISSING The master is databricks, and 'DATABRICKS_TOKEN', 'DATABRICKS_CLUSTER_ID' have no value.",
    )
  })
})

describe("a server that is started", () => {
  test("takes every variable that says something of it", () => {
    const env = {
      SPARK_MASTER: "k8s://https://api:6443",
      SPARK_HOME: "/opt/spark",
      JAVA_HOME: "/opt/java",
      SPARK_DRIVER_MEMORY: "2g",
      SPARK_EXECUTOR_MEMORY: "16g",
      SPARK_EXECUTOR_CORES: "4",
      SPARK_EXECUTOR_INSTANCES: "8",
      SPARK_KUBERNETES_CONTAINER_IMAGE: "registry/spark:4",
      HADOOP_CONF_DIR: "/etc/hadoop",
      YARN_CONF_DIR: "/etc/yarn",
      GOOGLE_APPLICATION_CREDENTIALS: "/key.json",
      AWS_ACCESS_KEY_ID: "AKIA",
    }
    expect(launchOf({}, env)).toEqual({
      master: "k8s://https://api:6443",
      driverMemory: "2g",
      executorMemory: "16g",
      executorCores: 4,
      executorInstances: 8,
      kubernetesImage: "registry/spark:4",
      sparkHome: "/opt/spark",
      javaHome: "/opt/java",
      hadoopConfFolders: ["/etc/hadoop", "/etc/yarn"],
      googleCredentials: "/key.json",
      conf: {},
      keepAliveMs: undefined,
      env,
    })
  })

  test("takes an option before the variable of the same meaning, with variables expanded", () => {
    const env = { SPARK_DRIVER_MEMORY: "2g", SPARK_EXECUTOR_CORES: "4", SPARK_HOME: "/opt/spark" }
    const resolved = resolveSparkOptions(
      { driverMemory: "$" + "{HEAP}", executorCores: 2, keepAlive: "10m", conf: { "spark.sql.shuffle.partitions": 7 } },
      env,
      text => text.replace("$" + "{HEAP}", "8g"),
    )
    expect(resolved).toMatchObject({
      launch: {
        driverMemory: "8g",
        executorCores: 2,
        sparkHome: "/opt/spark",
        keepAliveMs: 600_000,
        conf: { "spark.sql.shuffle.partitions": "7" },
      },
    })
  })
})

test.each([
  [{ masterr: "yarn" }, {}, "There is no option 'masterr'"],
  [{ master: "mesos://host" }, {}, "master is 'mesos://host'; there are local[*]"],
  [{}, { SPARK_MASTER: "local[x]" }, "master is 'local[x]'"],
  [{ master: "yarn", remote: "sc://host" }, {}, "'remote' and 'master' are both set"],
  [
    { remote: "http://host/;token=geheim" },
    {},
    "remote: The remote of Spark cannot be read. It does not begin with sc://",
  ],
  [{ remote: "sc://host", driverMemory: "4g" }, {}, "driverMemory: without effect on a server that runs already"],
  [{ driverMemory: "much" }, {}, "driverMemory is 'much', which is not a size like 4g"],
  [{}, { SPARK_EXECUTOR_MEMORY: "0g" }, "executorMemory is '0g'"],
  [{}, { SPARK_EXECUTOR_CORES: "two" }, "executorCores is NaN"],
  [{ executorInstances: 0 }, {}, "executorInstances is 0, which is not a whole number above 0"],
  [{ keepAlive: "soon" }, {}, "keepAlive is 'soon', which is not a time like 30s"],
  [{ conf: { "spark.sql.ansi.enabled": false } }, {}, "conf 'spark.sql.ansi.enabled' is not free: it is always true"],
])("options %j with variables %j are refused", (options, env, fault) => {
  expect(faultOf(options, env)).toContain(`CONFIG_INVALID spark() was given wrong options: ${fault}`)
})
