import { accessSync, constants, readdirSync, statfsSync, statSync } from "node:fs"
import { dirname, join, relative } from "node:path"
import { AssetsError, type Finding } from "@assets/core"
import { AssetFolder } from "./asset-folder.ts"
import { pointerFiles, readPointerFile } from "./pointer.ts"
import { isUnfinished } from "./publication.ts"
import type { StorageRoot } from "./storage-root.ts"
import { isIntact, readVersion } from "./version.ts"
import { abandonedWrites } from "./writing-mark.ts"

const GiB = 1024 ** 3
const littleSpaceBytes = 2 * GiB

/** Looks at a root and changes nothing. */
export function examineRoot(root: StorageRoot): Finding[] {
  const place = examinePlace(root)
  if (place.some(finding => finding.level === "error") || !exists(root.path)) return place
  const assets = [...assetFolders(root)]
  const faults = assets.flatMap(folder => examineAsset(folder))
  const well: Finding = { level: "ok", what: `${assets.length} assets in ${root.path}, each with its data.` }
  return [...place, ...examineDecision(root), ...(faults.length > 0 ? faults : [well])]
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined
}

function examinePlace({ path }: StorageRoot): Finding[] {
  let nearest = path
  while (!exists(nearest) && dirname(nearest) !== nearest) nearest = dirname(nearest)
  if (!statSync(nearest).isDirectory()) {
    return [{ level: "error", what: `${nearest} is no folder.`, fix: "Point the root of parquetIO to a folder." }]
  }
  try {
    accessSync(nearest, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch {
    const fix = `Allow this user to read and write there (chmod u+rwx ${nearest}), or point the root elsewhere.`
    return [{ level: "error", what: `${nearest} cannot be read and written by this user.`, fix }]
  }
  const { bavail, bsize } = statfsSync(nearest)
  const free = bavail * bsize
  const what = `${(free / GiB).toFixed(1)} GiB are free at ${path}${nearest === path ? "" : ", which is made by the first run"}.`
  if (free >= littleSpaceBytes) return [{ level: "ok", what }]
  return [{ level: "warn", what, fix: "Free space: assets gc removes versions that nothing refers to." }]
}

function examineDecision(root: StorageRoot): Finding[] {
  try {
    if (!isUnfinished(root)) return []
    const what = `A publication in ${root.path} was decided, and its process died before it had moved all pointers.`
    return [
      { level: "warn", what, fix: "Nothing: readers see all of it, and the next write, promote or assets gc ends it." },
    ]
  } catch (error) {
    return [findingOf(error)]
  }
}

function examineAsset(folder: AssetFolder): Finding[] {
  return attempt(() => [
    ...pointerFiles(folder).flatMap(path => attempt(() => examinePointer(folder, path))),
    ...examineAbandoned(folder),
  ])
}

function examinePointer(folder: AssetFolder, path: string): Finding[] {
  const pointer = readPointerFile(folder, path)
  if (!pointer) return []
  const { id } = pointer.materialization
  const version = readVersion(folder, id)
  if (version && isIntact(folder, version)) return []
  const name = pointer.partition === null ? folder.key : `${folder.key} [${pointer.partition}]`
  const partition = pointer.partition === null ? "" : ` --partition ${JSON.stringify(pointer.partition)}`
  const what = `The data of ${name} is not whole: files of ${folder.version(id)} are gone or of another size.`
  return [{ level: "error", what, fix: `assets materialize ${folder.key}${partition} --force` }]
}

function examineAbandoned(folder: AssetFolder): Finding[] {
  const { length } = abandonedWrites(folder)
  if (length === 0) return []
  const what = `${length} writes of ${folder.key} ended with their process; what they left is not current.`
  return [{ level: "warn", what, fix: "assets gc" }]
}

function attempt(examine: () => Finding[]): Finding[] {
  try {
    return examine()
  } catch (error) {
    return [findingOf(error)]
  }
}

function findingOf(error: unknown): Finding {
  if (!(error instanceof AssetsError)) throw error
  return { level: "error", what: `${error.message} ${error.why}`, fix: error.fix }
}

/** The assets that have something below a root, as their folders tell. Links are not followed. */
function* assetFolders(root: StorageRoot, path = root.path): Generator<AssetFolder> {
  const entries = readdirSync(path, { withFileTypes: true }).filter(entry => entry.isDirectory())
  if (path !== root.path && entries.some(entry => entry.name === "_current")) {
    const folder = folderOf(root, path)
    if (folder) yield folder
    return
  }
  for (const entry of entries) if (!entry.name.startsWith("_")) yield* assetFolders(root, join(path, entry.name))
}

/** Undefined for a folder whose name is no key: it is not ours. */
function folderOf(root: StorageRoot, path: string): AssetFolder | undefined {
  try {
    return new AssetFolder(root, relative(root.path, path).split(/[/\\]/).join("/"))
  } catch {
    return undefined
  }
}
