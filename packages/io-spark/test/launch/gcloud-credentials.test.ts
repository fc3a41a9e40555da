import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { expect, test } from "vitest"
import { gcloudCredentials } from "../../src/launch/gcloud-credentials.ts"
import { scratchFolder } from "../started-spark.ts"

test("gcloud's file is named to Spark where it is, unless other credentials are named", () => {
  const home = scratchFolder()
  const folder = join(home, ".config", "gcloud")
  expect(gcloudCredentials({ HOME: home })).toEqual({})
  mkdirSync(folder, { recursive: true })
  const path = join(folder, "application_default_credentials.json")
  writeFileSync(path, "{}")
  expect(gcloudCredentials({ HOME: home })).toEqual({ GOOGLE_APPLICATION_CREDENTIALS: path })
  expect(gcloudCredentials({ HOME: "/nowhere", CLOUDSDK_CONFIG: folder })).toEqual({
    GOOGLE_APPLICATION_CREDENTIALS: path,
  })
  expect(gcloudCredentials({ HOME: home, GOOGLE_APPLICATION_CREDENTIALS: "/key.json" })).toEqual({})
})
