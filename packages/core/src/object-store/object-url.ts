import { posix } from "node:path"

const schemes = /^(s3|gs|hdfs):\/\//i

/** Whether a text is the URL of an object, or of the place of several. */
export function isObjectUrl(text: string): boolean {
  return schemes.test(text)
}

/** Whether it is one of S3, or of a store that speaks its language. */
export function isS3Url(text: string): boolean {
  return /^s3:\/\//i.test(text)
}

/** Whether it is one of Google Cloud Storage. */
export function isGcsUrl(text: string): boolean {
  return /^gs:\/\//i.test(text)
}

/** Whether it is one of a bucket: what lies there is told by its etag, and nothing is downloaded for that. */
export function isBucketUrl(text: string): boolean {
  return isS3Url(text) || isGcsUrl(text)
}

/** Whether it is one of HDFS. */
export function isHdfsUrl(text: string): boolean {
  return /^hdfs:\/\//i.test(text)
}

/** A place on an object store and names below it; `..` and doubled slashes are resolved. */
export function joinObjectUrl(place: string, ...names: string[]): string {
  const { scheme, path } = split(place)
  return `${scheme}${posix.join(path, ...names)}`
}

/** The names by which an object lies below a place. */
export function relativeObjectUrl(place: string, url: string): string {
  return posix.relative(`/${split(place).path}`, `/${split(url).path}`)
}

/** The bucket of a URL, or the address of its namenode, and the name of the object there: empty where it is of a whole store. */
export function partsOfObjectUrl(url: string): { readonly bucket: string; readonly name: string } {
  const { path } = split(url)
  const at = path.indexOf("/")
  return at === -1 ? { bucket: path, name: "" } : { bucket: path.slice(0, at), name: path.slice(at + 1) }
}

function split(url: string): { readonly scheme: string; readonly path: string } {
  const scheme = schemes.exec(url)?.[0] ?? "s3://"
  return { scheme: scheme.toLowerCase(), path: url.slice(scheme.length) }
}
