import { MLLIB_VERSION, SPARK_VERSION, type SparkExtra } from "./spark-release.ts"

interface Dependency {
  readonly group: string
  readonly artifact: string
  readonly version: string
  readonly classifier?: string
  /** `group:artifact` each; `*:*` leaves out all that it depends on. */
  readonly without?: readonly string[]
}

const alone = ["*:*"]

/**
 * What a Spark Connect server is made of. The two jars of the ML library stand alone: the server loads one class of each
 * when it starts and when a session ends, and nothing that they depend on. Their version is the one that can be had.
 */
const server: readonly Dependency[] = [
  { group: "org.apache.spark", artifact: "spark-sql_2.13", version: SPARK_VERSION },
  { group: "org.apache.spark", artifact: "spark-connect_2.13", version: SPARK_VERSION },
  { group: "org.apache.spark", artifact: "spark-mllib_2.13", version: MLLIB_VERSION, without: alone },
  { group: "org.apache.spark", artifact: "spark-mllib-local_2.13", version: MLLIB_VERSION, without: alone },
]

/** Spark brings its own of these: a second one of another version stops it from starting. */
const ofSpark = ["software.amazon.awssdk:netty-nio-client", "org.slf4j:*", "commons-logging:*", "commons-codec:*"]

/** The parts of the client that Hadoop calls: 11 MB in place of the 641 MB of all of it. */
const awsClient = ["s3", "s3-transfer-manager", "sts", "apache-client"].map(artifact => ({
  group: "software.amazon.awssdk",
  artifact,
  version: "2.29.52",
  without: ofSpark,
}))

const extraDependencies: { readonly [extra in SparkExtra]: readonly Dependency[] } = {
  delta: [
    { group: "io.delta", artifact: "delta-spark_4.1_2.13", version: "4.4.0", without: alone },
    { group: "io.delta", artifact: "delta-storage", version: "4.4.0", without: alone },
  ],
  iceberg: [
    {
      group: "org.apache.iceberg",
      artifact: "iceberg-spark-runtime-4.1_2.13",
      version: "1.12.0",
      without: alone,
    },
  ],
  s3: [{ group: "org.apache.hadoop", artifact: "hadoop-aws", version: "3.4.2", without: alone }, ...awsClient],
  // It holds what it depends on under names of its own.
  gcs: [
    {
      group: "com.google.cloud.bigdataoss",
      artifact: "gcs-connector",
      version: "hadoop3-2.2.26",
      classifier: "shaded",
      without: alone,
    },
  ],
}

/** Returns the project file of Maven that resolves to the jars of Spark with some extras. */
export function sparkPom(extras: readonly SparkExtra[]): string {
  const dependencies = [...server, ...extras.flatMap(extra => extraDependencies[extra])]
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>assets</groupId>
  <artifactId>spark</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
${dependencies.map(dependencyElement).join("\n")}
  </dependencies>
</project>
`
}

function dependencyElement({ group, artifact, version, classifier, without = [] }: Dependency): string {
  const exclusions = without.map(exclusionElement).join("")
  return [
    "    <dependency>",
    `      <groupId>${group}</groupId>`,
    `      <artifactId>${artifact}</artifactId>`,
    `      <version>${version}</version>`,
    ...(classifier === undefined ? [] : [`      <classifier>${classifier}</classifier>`]),
    ...(exclusions === "" ? [] : [`      <exclusions>${exclusions}</exclusions>`]),
    "    </dependency>",
  ].join("\n")
}

function exclusionElement(coordinates: string): string {
  const [group, artifact] = coordinates.split(":")
  return `<exclusion><groupId>${group}</groupId><artifactId>${artifact}</artifactId></exclusion>`
}
