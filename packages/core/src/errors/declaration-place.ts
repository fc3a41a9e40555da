import { realpathSync } from "node:fs"
import { isAbsolute, relative } from "node:path"
import type { SourceLocation } from "./assets-error.ts"
import { isOwnFile } from "./own-files.ts"
import { stackFrames } from "./stack-frames.ts"

/**
 * Returns where a declaration stands in the user's code: the first frame of its stack that is not ours.
 * The stack is formatted when it is first read, so this costs nothing for declarations without a fault.
 */
export function declarationPlace(declaredAt: Error): SourceLocation | undefined {
  return stackFrames(declaredAt.stack).find(({ file }) => !isOwnFile(file))
}

/** `assets/raw.ts:12`, the file relative to a folder when it lies below it. */
export function describePlace(place: SourceLocation | undefined, base: string): string {
  return place ? `${pathFrom(base, place.file) ?? place.file}:${place.line}` : "an unknown place"
}

/** The path of a file from a folder; undefined when it does not lie below it. A folder may be a link: files have none. */
export function pathFrom(folder: string, file: string): string | undefined {
  for (const base of [folder, realPath(folder)]) {
    const near = relative(base, file)
    if (!near.startsWith("..") && !isAbsolute(near)) return near
  }
  return undefined
}

function realPath(folder: string): string {
  try {
    return realpathSync(folder)
  } catch {
    return folder
  }
}
