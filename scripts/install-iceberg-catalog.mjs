// Makes sure that there is Iceberg's own REST catalog for the tests. One line of output.
import { join } from "node:path"
import { bringDependencies, cached, root } from "./opt-in-test.mjs"

/** With its version in its name, so that a newer one is brought beside it. */
const name = "test-iceberg-catalog-1.10.1"
const folder = cached(name, part => bringDependencies(join(root, "tests", "iceberg-catalog"), part))
console.log(`Iceberg's catalog: ${folder}`)
