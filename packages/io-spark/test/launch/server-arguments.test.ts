import { spawnSync } from "node:child_process"
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, test } from "vitest"
import type { SparkJars } from "../../src/install/spark-jars.ts"
import { findJava } from "../../src/launch/java.ts"
import { argumentFile, serverArguments } from "../../src/launch/server-arguments.ts"
import { serverConf } from "../../src/launch/server-conf.ts"
import { sparkDefaults } from "../../src/launch/spark-defaults.ts"
import type { SparkConf } from "../../src/pinned-conf.ts"
import type { SparkOptions } from "../../src/spark-options.ts"
import { scratchFolder, skipsSpark, sparkLaunch } from "../started-spark.ts"

const jars: SparkJars = {
  folder: "/jars",
  version: "4.1.2",
  names: ["b.jar", "a.jar"],
  extras: [],
  sparkHome: undefined,
}
const java = { path: "/java", version: "17.0.1", major: 17, build: "" }

function argumentsOf(options: SparkOptions, defaults: SparkConf = {}) {
  const launch = sparkLaunch(options, {})
  return serverArguments({
    launch,
    java,
    jars,
    conf: serverConf(launch, jars, { folder: "/run", timeZone: "Europe/Berlin", defaults }),
    furtherClassPath: ["/etc/hadoop"],
    folder: "/run",
    timeZone: "Europe/Berlin",
    archive: [],
  })
}

test("a local server of one run compiles quickly, one that is kept or drives a cluster compiles well", () => {
  const quick = "-XX:TieredStopAtLevel=1"
  expect(argumentsOf({})).toContain(quick)
  expect(argumentsOf({ keepAlive: "10m" })).not.toContain(quick)
  expect(argumentsOf({ master: "spark://host:7077" })).not.toContain(quick)
})

test("the heap is what the options say; the driver of a cluster has Spark's own where they say nothing", () => {
  expect(argumentsOf({ driverMemory: "3g" })).toContain("-Xmx3072m")
  expect(argumentsOf({ driverMemory: undefined, master: "yarn" })).toContain("-Xmx1g")
  const defaults = { "spark.driver.memory": "5g" }
  expect(argumentsOf({ driverMemory: undefined, master: "yarn" }, defaults)).toContain("-Xmx5120m")
  expect(argumentsOf({ driverMemory: undefined }).filter(one => one.startsWith("-Xmx"))).toEqual([])
})

test("options of Java come after ours and before what is fixed, and the jars before other folders", () => {
  const conf = { "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=4 -Xss4m" }
  const args = argumentsOf({ conf })
  expect(args.indexOf("-XX:TieredStopAtLevel=4")).toBeGreaterThan(args.indexOf("-XX:TieredStopAtLevel=1"))
  expect(args.indexOf("-Duser.timezone=Europe/Berlin")).toBeGreaterThan(args.indexOf("-Xss4m"))
  expect(args[args.indexOf("-cp") + 1]).toBe("/jars/b.jar:/jars/a.jar:/etc/hadoop")
})

describe.skipIf(skipsSpark)("the file of arguments", () => {
  test("is read by Java as it was meant, with spaces, quotes and backslashes", async () => {
    const { path } = await findJava(process.env.JAVA_HOME || undefined, process.env)
    const file = join(scratchFolder(), "arguments")
    const value = `a b "c" 'd' \\e # f`
    writeFileSync(file, argumentFile([`-Dmy.key=${value}`, "-XshowSettings:properties", "-version"]))
    const { stdout, stderr } = spawnSync(path, [`@${file}`], { encoding: "utf8" })
    expect(`${stdout}${stderr}`).toContain(`my.key = ${value}`)
  })
})

test("the defaults of a distribution are read, but for what could change an answer", () => {
  const home = scratchFolder()
  mkdirSync(join(home, "conf"))
  const lines = [
    "# a comment",
    "spark.driver.extraClassPath  /usr/lib/one.jar:/usr/lib/two/*",
    "spark.executor.memoryOverhead=1g",
    "spark.executor.memory 4g",
    "spark.sql.ansi.enabled false",
    "spark.driver.extraJavaOptions -Dspark.x=1",
    "spark.eventLog.dir   hdfs:///logs  ",
    "",
  ]
  writeFileSync(join(home, "conf", "spark-defaults.conf"), lines.join("\n"))
  expect(sparkDefaults(home, {})).toEqual({
    folders: [join(home, "conf")],
    classPath: ["/usr/lib/one.jar", "/usr/lib/two/*"],
    conf: {
      "spark.executor.memoryOverhead": "1g",
      "spark.executor.memory": "4g",
      "spark.eventLog.dir": "hdfs:///logs",
    },
  })
  expect(sparkDefaults(undefined, { SPARK_CONF_DIR: join(home, "conf") }).folders).toEqual([join(home, "conf")])
  expect(sparkDefaults(undefined, {})).toEqual({ folders: [], classPath: [], conf: {} })
})
