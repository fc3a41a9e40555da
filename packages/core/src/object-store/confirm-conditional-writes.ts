import { ConfigError, StorageError } from "../errors/assets-error.ts"
import { gcsEmulator } from "./gcs-access.ts"
import type { ObjectStore } from "./object-store.ts"
import { joinObjectUrl } from "./object-url.ts"
import { s3Endpoint } from "./s3-access.ts"

/** By store and root: it is asked once by each process. */
const confirmed = new Map<string, Promise<void>>()

/**
 * Confirms that a store lets one of two writers of an object succeed, on which what is current of the assets below a root
 * rests. To be called before a write: a store that does not know the condition carries out both, and tells nobody.
 * @throws ConfigError `ENVIRONMENT_UNSUPPORTED`
 */
export function confirmConditionalWrites(store: ObjectStore, root: string): Promise<void> {
  const key = `${s3Endpoint() ?? ""} ${gcsEmulator() ?? ""} ${root}`
  const asked = confirmed.get(key) ?? confirm(store, root)
  confirmed.set(key, asked)
  asked.catch(() => confirmed.delete(key))
  return asked
}

async function confirm(store: ObjectStore, root: string): Promise<void> {
  const url = joinObjectUrl(root, "_conditional-writes")
  const put = () => store.put(url, "The store has to refuse a second writer of this object.\n", { etag: null })
  try {
    // Where the object is there already, one request tells; else the second one does.
    if ((await put()) === undefined || (await put()) === undefined) return
  } catch (error) {
    const isUnknown = error instanceof StorageError && error.details.status === 501
    throw isUnknown ? unconditional(root, error) : error
  }
  throw unconditional(root)
}

function unconditional(root: string, cause?: StorageError): ConfigError {
  return new ConfigError("ENVIRONMENT_UNSUPPORTED", {
    what: `The store of ${root} has no conditional writes, without which no assets are kept there.`,
    why: "Of two writers of one object the store has to refuse one (If-None-Match: *, on gs:// ifGenerationMatch=0), and this one does not.",
    fix: "Use a store that has them, as Amazon S3 and new releases of others do, or keep the assets in a folder of a disk.",
    details: { root },
    ...(cause !== undefined && { cause }),
  })
}
