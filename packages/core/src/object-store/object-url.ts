import { posix } from "node:path"

const scheme = "s3://"

/** Whether a text is the URL of an object, or of the place of several. */
export function isObjectUrl(text: string): boolean {
  return text.toLowerCase().startsWith(scheme)
}

/** A place on an object store and names below it; `..` and doubled slashes are resolved. */
export function joinObjectUrl(place: string, ...names: string[]): string {
  return `${scheme}${posix.join(place.slice(scheme.length), ...names)}`
}

/** The names by which an object lies below a place. */
export function relativeObjectUrl(place: string, url: string): string {
  return posix.relative(`/${place.slice(scheme.length)}`, `/${url.slice(scheme.length)}`)
}

/** The bucket of a URL, and the name of the object in it: empty where the URL is the bucket's own. */
export function partsOfObjectUrl(url: string): { readonly bucket: string; readonly name: string } {
  const path = url.slice(scheme.length)
  const at = path.indexOf("/")
  return at === -1 ? { bucket: path, name: "" } : { bucket: path.slice(0, at), name: path.slice(at + 1) }
}

export function objectUrl(bucket: string, name: string): string {
  return `${scheme}${bucket}/${name}`
}
