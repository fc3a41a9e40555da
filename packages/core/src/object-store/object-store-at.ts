import { gcsStore } from "./gcs-store.ts"
import { HdfsStore } from "./hdfs-store.ts"
import type { ObjectStore } from "./object-store.ts"
import { isGcsUrl, isHdfsUrl } from "./object-url.ts"
import { objectStore } from "./s3-store.ts"

/** The store of a place by its scheme, for the objects of that place and below it. */
export function objectStoreAt(place: string): ObjectStore {
  if (isGcsUrl(place)) return gcsStore
  return isHdfsUrl(place) ? new HdfsStore(place.replace(/\/+$/, "")) : objectStore()
}
