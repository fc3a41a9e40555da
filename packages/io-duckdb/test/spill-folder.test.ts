import { existsSync, mkdirSync, readdirSync, readlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { expect, test } from "vitest"
import { openSession, sql, temporaryFolder } from "./tables.ts"

/** Sorts more than fits, and gives how many rows came out otherwise than they went in. */
async function sortSpilled(tempFolder: string, seed: string) {
  const session = await openSession({ memoryLimit: "50MB", threads: 1, tempFolder })
  const text = `md5(CAST(i AS VARCHAR) || '${seed}')`
  await sql(session, `CREATE TABLE sorted AS SELECT ${text} AS s, i FROM range(1000000) t(i) ORDER BY s`)
  const [counts] = await sql(session, `SELECT count(*) AS n, count(*) FILTER (s <> ${text}) AS wrong FROM sorted`)
  await session.close()
  return counts
}

test("sessions with one temp folder spill apart, and leave nothing there", async () => {
  const tempFolder = temporaryFolder()
  const sorted = await Promise.all([sortSpilled(tempFolder, "a"), sortSpilled(tempFolder, "b")])
  const right = { n: "1000000", wrong: "0" }
  expect(sorted).toEqual([right, right])
  expect(readdirSync(tempFolder)).toEqual([])
})

test("what a dead process has spilled into the temp folder is removed by the next session, and nothing else", async () => {
  const tempFolder = temporaryFolder()
  const namespace = /\d+/.exec(readlinkSync("/proc/self/ns/pid"))?.[0]
  const dead = join(tempFolder, `assets-scratch-${2 ** 22 + 1}-1-${namespace}-test`)
  mkdirSync(dead)
  writeFileSync(join(dead, "duckdb_temp_storage_DEFAULT-0.tmp"), "spilled")
  writeFileSync(join(tempFolder, "own.txt"), "of the user")
  const session = await openSession({ tempFolder })
  await openSession({ tempFolder: join(tempFolder, "made", "by", "it") })
  expect(existsSync(dead)).toBe(false)
  await session.close()
  expect(readdirSync(tempFolder)).toEqual(["made", "own.txt"])
})

test("a temp folder that cannot be made is told", async () => {
  const file = join(temporaryFolder(), "file")
  writeFileSync(file, "")
  await expect(openSession({ tempFolder: join(file, "spill") })).rejects.toMatchObject({
    code: "STORAGE_UNWRITABLE",
    message: expect.stringContaining(file),
  })
})
