// Installs Spark into the cache of its variables, in a process that can be killed.
import { installSpark } from "../../src/install/install-spark.ts"

await installSpark()
