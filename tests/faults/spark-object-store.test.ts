import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { sharedSpark, skipsSpark } from "../../packages/io-spark/test/started-spark.ts"
import { cliProject } from "../e2e/cli-project.ts"
import { bucket, sharedObjectStore, skipsObjectStores, startObjectStore } from "../object-store.ts"

const files = {
  "assets.config.ts": `import { defineConfig } from "@assets/core"
import { parquetIO } from "@assets/io-parquet"
import { deltaIO, spark } from "@assets/io-spark"
export default defineConfig({
  assets: ["./assets.ts"],
  environments: {
    lake: {
      engine: spark(),
      ios: { parquet: parquetIO({ root: "s3://\${BUCKET}/parquet" }), delta: deltaIO({ root: "s3://\${BUCKET}/delta" }) },
      route: { "marts/parquet": { io: "parquet" }, "marts/delta": { io: "delta" } },
    },
  },
})
`,
  "raw.csv": "id\n1\n2\n",
  "assets.ts": `import { asset, source } from "@assets/core"
import { csvFiles, frame, t } from "@assets/dataframe"
export const raw = source("raw/rows", csvFiles("raw.csv", { id: t.int64 }, { header: true }))
const made = (name: string) =>
  asset("marts/" + name, { deps: { raw }, returns: frame({ id: t.int64 }), transform: ({ raw }) => raw.select("id") })
export const [parquet, delta] = [made("parquet"), made("delta")]
`,
}

/** What a run says of the errors of its steps, or that of its own. */
interface Told {
  readonly code: string
  readonly fix: string
}

async function materialize(env: { readonly [name: string]: string }, args: readonly string[] = []) {
  const { code, stdout, stderr } = await cliProject(files).assets(["materialize", "--env", "lake", ...args], { env })
  expect(`${stdout}${stderr}`).not.toContain("wrong-secret")
  return { code, stdout, stderr }
}

/** The errors of the steps, by asset. */
async function failures(env: { readonly [name: string]: string }): Promise<{ readonly [key: string]: Told }> {
  const { code, stdout } = await materialize(env, ["--json"])
  expect(code).toBe(1)
  const events = stdout.split("\n").flatMap(line => (line === "" ? [] : [JSON.parse(line)]))
  const failed = events.filter(one => one.type === "step_failed")
  return Object.fromEntries(failed.map(({ key, error: { code, fix } }) => [key, { code, fix }]))
}

const both = (told: object) => ({ "marts/parquet": told, "marts/delta": told })
const fixes = {
  refused: expect.stringContaining("Correct AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"),
  bucket: (name: string) => expect.stringContaining(`aws s3 mb s3://${name}`),
  unreachable: expect.stringContaining("AWS_ENDPOINT_URL_S3"),
}

describe.skipIf(skipsObjectStores || skipsSpark)("a store that Spark and this process cannot use", () => {
  sharedObjectStore("versitygw")
  // A server that nobody answers for: none is asked, and none is started.
  const nowhere = { BUCKET: bucket, SPARK_REMOTE: "sc://127.0.0.1:9/" }

  test.each([
    ["with wrong credentials", "STORAGE_ACCESS_REFUSED", fixes.refused, { AWS_SECRET_ACCESS_KEY: "wrong-secret" }],
    ["without the bucket", "STORAGE_BUCKET_MISSING", fixes.bucket("no-such-bucket"), { BUCKET: "no-such-bucket" }],
    ["that is away", "STORAGE_UNREACHABLE", fixes.unreachable, { AWS_ENDPOINT_URL_S3: "http://127.0.0.1:9" }],
  ])("%s is told before Spark is asked for", async (_name, code, fix, env) => {
    for (const asset of ["marts/parquet", "marts/delta"]) {
      const ended = await materialize({ ...nowhere, ...env }, [asset])
      expect([ended.code, ended.stderr]).toEqual([1, expect.stringContaining(code)])
      expect(ended.stderr).toEqual(fix)
    }
  })
})

describe.skipIf(skipsObjectStores || skipsSpark)("a store that Spark alone cannot use", () => {
  sharedObjectStore("versitygw", ["refused", "away", "gone"])
  let other: Awaited<ReturnType<typeof startObjectStore>>
  beforeAll(async () => {
    other = await startObjectStore("gofakes3")
  })
  afterAll(() => other.stop())
  sharedSpark(() => ({
    conf: {
      "spark.sql.shuffle.partitions": 2,
      "spark.hadoop.fs.s3a.bucket.refused.aws.credentials.provider":
        "org.apache.hadoop.fs.s3a.SimpleAWSCredentialsProvider",
      "spark.hadoop.fs.s3a.bucket.refused.access.key": "test-access",
      "spark.hadoop.fs.s3a.bucket.refused.secret.key": "wrong-secret",
      "spark.hadoop.fs.s3a.bucket.away.endpoint": "http://127.0.0.1:9",
      "spark.hadoop.fs.s3a.bucket.gone.endpoint": other.endpoint,
    },
  }))

  test("that refuses its credentials fails the steps by them", async () => {
    expect(await failures({ BUCKET: "refused" })).toEqual(both({ code: "STORAGE_ACCESS_REFUSED", fix: fixes.refused }))
  })

  test("that has no such bucket for it fails the steps by the bucket", async () => {
    const wanted = both({ code: "STORAGE_BUCKET_MISSING", fix: fixes.bucket("gone") })
    expect(await failures({ BUCKET: "gone" })).toEqual(wanted)
  })

  test("that is away from it fails the steps soon", async () => {
    expect(await failures({ BUCKET: "away" })).toEqual(both({ code: "STORAGE_UNREACHABLE", fix: fixes.unreachable }))
  })
})
