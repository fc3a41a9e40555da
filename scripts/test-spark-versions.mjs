// Runs the tests of the client against real servers of other versions of Spark than the one that is installed. It brings
// them once per user, by Maven: about 300 MB each.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { bringDependencies, cached, runTests } from "./opt-in-test.mjs"

/** The ML library stands alone: of it the server loads one class. */
const versions = {
  "3.4.0": { scala: "2.12" },
  "3.5.7": { scala: "2.12" },
  "4.0.1": { scala: "2.13", mllib: "4.0.1" },
  "4.2.0": { scala: "2.13", mllib: "4.1.0" },
}

function dependency(artifact, version, isAlone) {
  const alone = "<exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions>"
  const name = `<groupId>org.apache.spark</groupId><artifactId>${artifact}</artifactId><version>${version}</version>`
  return `<dependency>${name}${isAlone ? alone : ""}</dependency>`
}

function projectOf(version, { scala, mllib }) {
  const jars = [
    ...["spark-sql", "spark-connect"].map(name => dependency(`${name}_${scala}`, version)),
    ...(mllib ? ["spark-mllib", "spark-mllib-local"].map(name => dependency(`${name}_${scala}`, mllib, true)) : []),
  ]
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>assets</groupId><artifactId>spark-${version}</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>${jars.join("")}</dependencies>
</project>
`
}

const homes = Object.entries(versions).map(([version, parts]) => {
  const home = cached(`test-spark-versions/${version}`, folder => {
    const project = mkdtempSync(join(tmpdir(), "assets-spark-versions-"))
    writeFileSync(join(project, "pom.xml"), projectOf(version, parts))
    bringDependencies(project, join(folder, "jars"))
    rmSync(project, { recursive: true })
  })
  return [version, home]
})

runTests("spark-versions", { SPARK_HOMES: JSON.stringify(Object.fromEntries(homes)) })
