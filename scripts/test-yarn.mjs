// Runs the tests of Spark on YARN and HDFS. It brings what they need once per user: a whole distribution of Spark (pip),
// since Maven's jars have no YARN, and a cluster of one process (Maven). About 600 MB.
import { join } from "node:path"
import { bringDependencies, bringDistribution, cached, root, runTests } from "./opt-in-test.mjs"

const VERSION = "4.1.4"
const sparkHome = cached(`test-yarn/spark-${VERSION}`, folder => bringDistribution(VERSION, folder))
const jars = cached("test-yarn/mini-cluster", folder => bringDependencies(join(root, "tests", "yarn"), folder))

runTests("yarn", { SPARK_HOME: sparkHome, MINI_CLUSTER_JARS: jars })
