import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { isMissingFile } from "@assets/core"
import type { SparkExtra } from "./spark-release.ts"

/** The file of an installed set that says what is in it; written before the set gets its name. */
export const RECORD = "spark.json"

/** One jar of an installed set. */
export interface InstalledJar {
  readonly name: string
  readonly bytes: number
  readonly sha256: string
}

/** What an installed set says of itself. */
export interface InstalledRecord {
  /** Of this form. */
  readonly format: 1
  readonly version: string
  readonly extras: readonly SparkExtra[]
  /** What brought it: `maven`, `archive`. */
  readonly from: "maven" | "archive"
  readonly jars: readonly InstalledJar[]
}

export interface InstalledSet {
  readonly folder: string
  readonly record: InstalledRecord
}

/** The folder of a user's cache in which each installed set has a folder. */
export function setsFolder(cache: string): string {
  return join(cache, "spark")
}

/** The complete sets of a cache. One that is being made has another name. */
export function installedSets(cache: string): InstalledSet[] {
  const parent = setsFolder(cache)
  return namesIn(parent)
    .filter(name => /^\d+\.\d+\.\d+-[0-9a-f]{12}$/.test(name))
    .flatMap(name => readSet(join(parent, name)) ?? [])
}

/** Undefined when a folder is no set, or one of a form that this version does not know. */
export function readSet(folder: string): InstalledSet | undefined {
  try {
    const record = JSON.parse(readFileSync(join(folder, RECORD), "utf8")) as InstalledRecord // as it was written here
    return record.format === 1 ? { folder, record } : undefined
  } catch (error) {
    if (error instanceof SyntaxError || isMissingFile(error)) return undefined
    throw error
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    if (isMissingFile(error)) return []
    throw error
  }
}
