import { relative } from "node:path"
import { AssetsError, ConfigError, type ErrorCode, faultsError } from "@assets/core"
import { type SettingPath, settingPlaces } from "./setting-places.ts"

interface ConfigPlace {
  readonly base: string
  /** The config's file. */
  readonly config: string
  /** Where files may be put for a moment. */
  readonly folder: string
}

/**
 * Gives the faults of a config the places where their settings were written; where one cannot be known, its text names
 * the config. Other errors stay as they are.
 */
export async function placedFaults(error: unknown, { base, config, folder }: ConfigPlace): Promise<unknown> {
  if (!(error instanceof AssetsError)) return error
  const several = "faults" in error && Array.isArray(error.faults) ? (error.faults as readonly AssetsError[]) : []
  const faults = several.length > 0 ? several : [error]
  if (!faults.some(fault => settingOf(fault))) return error
  const placeOf = await settingPlaces(base, config, folder)
  const placed = faults.map(fault => {
    const path = settingOf(fault)
    if (!path) return fault
    const { message: what, details, cause, fix } = fault
    const location = placeOf(path)
    const why = location ? fault.why : `${fault.why} It is a setting of ${relative(base, config)}.`
    const code = fault.code as ErrorCode // the code of an error of ours
    return new ConfigError(code, { what, why, fix, details, cause, ...(location && { location }) })
  })
  return faultsError(placed.sort(byPlace), base)
}

/** From the top of each file to its end; what has no place comes first. */
function byPlace({ location: a }: AssetsError, { location: b }: AssetsError): number {
  if (!a || !b) return Number(a !== undefined) - Number(b !== undefined)
  if (a.file !== b.file) return a.file < b.file ? -1 : 1
  return a.line - b.line || (a.column ?? 0) - (b.column ?? 0)
}

/** The setting that a fault is about; undefined for a fault of something else. */
function settingOf({ location, details }: AssetsError): SettingPath | undefined {
  const { path } = details
  return location || !Array.isArray(path) ? undefined : (path as SettingPath) // core writes paths of no other kind
}
