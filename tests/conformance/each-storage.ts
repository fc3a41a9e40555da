import { describe } from "vitest"
import { sharedSpark, skipsSpark } from "../../packages/io-spark/test/started-spark.ts"
import { sharedCatalog, skipsCatalogs } from "../iceberg-catalog.ts"
import { sharedObjectStore, skipsObjectStores } from "../object-store.ts"
import { type CreateFixture, storages } from "./storages.ts"

interface StorageOptions {
  readonly prefix?: string
  /** True: those that outlive the process. */
  readonly durable?: boolean
  /** The names of those that are wanted. */
  only?(name: string): boolean
  /** True: those of services on Spark, too, which take long and do what the same ones do on a disk, or with DuckDB. */
  readonly ofServicesOnSpark?: boolean
}

/** Whether a storage is computed by Spark. */
export function isOnSpark(name: string): boolean {
  return name.endsWith("on spark")
}

/** Whether a storage lies on an object store. */
export function isOnS3(name: string): boolean {
  return name.includes("on s3")
}

/** Whether a storage keeps tables of Delta, Iceberg or ORC. */
export function isOfTables(name: string): boolean {
  return /^(?:delta|iceberg|orc) /.test(name)
}

/** Whether a storage is one of a REST catalog. */
export function isInCatalog(name: string): boolean {
  return name.includes("rest on")
}

/** Whether a storage needs a service beside its engine. */
export function isOfService(name: string): boolean {
  return isOnS3(name) || isInCatalog(name)
}

/** A block of tests for each storage. */
export function describeStorages(
  body: (name: string, create: CreateFixture) => void,
  { prefix = "", durable = false, only = () => true, ofServicesOnSpark = false }: StorageOptions = {},
): void {
  const isWanted = (name: string) =>
    (!durable || name !== "memory on duckdb") &&
    (ofServicesOnSpark || !(isOfService(name) && isOnSpark(name))) &&
    only(name)
  const wanted = Object.entries(storages).filter(([name]) => isWanted(name))
  describeEach(Object.fromEntries(wanted), prefix, (create, name) => body(name, create))
}

/** A block of tests for each of what is named; one server serves those of a block that is "on spark", one store those of one that is "on s3". */
export function describeEach<T>(
  all: { readonly [name: string]: T },
  prefix: string,
  body: (one: T, name: string) => void,
): void {
  for (const [name, one] of Object.entries(all)) {
    const needsSpark = isOnSpark(name)
    const needsStore = isOnS3(name)
    const needsCatalog = isInCatalog(name)
    const isSkipped = (needsSpark && skipsSpark) || (needsStore && skipsObjectStores) || (needsCatalog && skipsCatalogs)
    describe.skipIf(isSkipped)(`${prefix}${name}`, () => {
      // First, so that a server of Spark that is started sees its variables.
      if (needsStore) sharedObjectStore()
      if (needsCatalog) sharedCatalog()
      if (needsSpark) sharedSpark()
      body(one, name)
    })
  }
}
