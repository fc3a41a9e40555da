import { join } from "node:path"
import { expect, test } from "vitest"
import { SqliteDatabase } from "../src/event/sqlite-database.ts"
import { eachTestInFolder } from "./temp-folder.ts"

const folder = eachTestInFolder()

test.each([
  [undefined, 1],
  ["process", 1],
  ["power", 2],
] as const)("an event log of durability %s is opened with synchronous = %i", (durability, synchronous) => {
  const db = new SqliteDatabase(join(folder(), "assets.db"), { durability })
  try {
    // In WAL mode 2, FULL, waits for the disk at each commit; 1, NORMAL, at each checkpoint.
    expect(db.get("PRAGMA synchronous")).toEqual({ synchronous })
    expect(db.get("PRAGMA journal_mode")).toEqual({ journal_mode: "wal" })
  } finally {
    db.close()
  }
})
