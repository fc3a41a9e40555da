import { describe } from "vitest"
import { sharedSpark, skipsSpark } from "../../packages/io-spark/test/started-spark.ts"
import { sharedObjectStore, skipsObjectStores } from "../object-store.ts"
import { type CreateFixture, storages } from "./storages.ts"

interface StorageOptions {
  readonly prefix?: string
  /** True: those that outlive the process. */
  readonly durable?: boolean
  /** The names of those that are wanted. */
  only?(name: string): boolean
}

/** Whether a storage is computed by Spark. */
export function isOnSpark(name: string): boolean {
  return name.endsWith("on spark")
}

/** A block of tests for each storage. */
export function describeStorages(
  body: (name: string, create: CreateFixture) => void,
  { prefix = "", durable = false, only = () => true }: StorageOptions = {},
): void {
  const wanted = Object.entries(storages).filter(([name]) => (!durable || name !== "memory on duckdb") && only(name))
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
    const isOnS3 = name.includes("on s3")
    describe.skipIf((needsSpark && skipsSpark) || (isOnS3 && skipsObjectStores))(`${prefix}${name}`, () => {
      // First, so that a server of Spark that is started sees its variables.
      if (isOnS3) sharedObjectStore()
      if (needsSpark) sharedSpark()
      body(one, name)
    })
  }
}
