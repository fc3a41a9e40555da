/** What an object store makes differ; the rest holds of the same manager on a disk, or of the same store with DuckDB. */
export const onObjectStore: ReadonlySet<string> = new Set([
  "values: gives back what the engine computed",
  "values: keeps an empty table with its columns, computed by the engine",
  "values: gives back a JSON value",
  "records: finds storage in order that is empty, and that holds something",
  "records: says that the data is gone when it was deleted by hand",
  "failures: replaces what was there",
  "failures: keeps the former value when the lease is lost at the commit",
  "failures: is whole when the change is told to have failed after it was made",
  "partitions: replaces one partition and leaves the others",
  'partitions: keeps the partition "%41"',
  "append: adds the same work once",
  "append: adds once what another manager added",
  "merge: puts rows in the place of those with their key, and adds the new ones",
  "together: ends with one of two values written to one asset at once",
  "together: keeps both of two additions made at once, or tells one of the conflict",
  "together: lets a reader finish with what it began, where versions are kept",
  "versions: makes a former version current again",
  "versions: tells of the versions that can be read, newest first",
  "removal: is removed with all its records",
  "removal: says what it would collect, and removes it when asked",
])

/**
 * Of storages whose whole suite takes minutes `npm test` runs these cases; `npm run conformance` runs all. What the rest
 * looks at is done by the same code as in a storage whose suite is whole.
 */
export const chosenCases: { readonly [storage: string]: ReadonlySet<string> } = {
  "iceberg on spark": new Set([
    "values: gives back what the engine computed",
    "values: keeps an empty table with its columns, computed by the engine",
    "values: replaces a table by a JSON value and back",
    "columns: keeps columns of any name in a partition",
    "columns: takes a table whose columns were retyped",
    "columns: takes a partition whose columns were added, and leaves the others readable",
    "records: keeps the record as it was approved",
    "records: is seen by another manager over the same storage",
    "records: keeps assets of any key that an asset can have",
    "records: says that the data is gone when it was deleted by hand",
    "failures: keeps the former value when what was written is not approved",
    "failures: keeps the former value when the lease is lost at the commit",
    "failures: is whole when the change is told to have failed after it was made",
    "failures: commits once for each write, after what was written was approved",
    "partitions: replaces one partition and leaves the others",
    "partitions: keeps an empty partition",
    "partitions: takes two partitions written at once",
    "partitions: tells partitions apart that differ only in case or in spelling",
    "append: adds no work again that was added before another",
    "append: adds work again when it is to be reapplied",
    "append: adds to one partition and leaves the others",
    "append: adds once what another manager added",
    "merge: merges the same work once",
    "together: ends with one of two values written to one asset at once",
    "together: keeps both of two additions made at once, or tells one of the conflict",
    "versions: makes a former version current again",
    "versions: tells the versions of one partition only",
    "removal: is removed with all its partitions",
    "removal: collects nothing that is current",
  ]),
  "iceberg rest on spark": new Set([
    "values: gives back what the engine computed",
    "values: gives no rows where nothing is to be read",
    "values: keeps an empty table with its columns, computed by the engine",
    "columns: takes a partition whose columns were added, and leaves the others readable",
    "records: says that the data is gone when it was deleted by hand",
    "failures: keeps the former value when the lease is lost at the commit",
    "append: adds once what another manager added",
    "together: keeps both of two additions made at once, or tells one of the conflict",
    "versions: makes a former version current again",
    "removal: is removed with all its partitions",
    "removal: collects nothing that is current",
  ]),
  "orc on spark": new Set([
    "values: gives back what the engine computed",
    "values: gives back what TypeScript made",
    "values: keeps an empty table with its columns, computed by the engine",
    "columns: keeps columns of any name in a partition",
    "columns: takes a partition whose columns were added, and leaves the others readable",
    "records: says that the data is gone when it was deleted by hand",
    "failures: keeps the former value when the lease is lost at the commit",
    "partitions: replaces one partition and leaves the others",
    "append: adds once what another manager added",
    "merge: puts rows in the place of those with their key, and adds the new ones",
    "versions: makes a former version current again",
    "removal: says what it would collect, and removes it when asked",
  ]),
  // ORC on a disk and Delta on the store have the same code between them.
  "orc on s3 on spark": new Set(),
  "parquet on s3 on spark": onObjectStore,
  "delta on s3 on spark": onObjectStore,
}

/** Cases in which a storage refuses what it cannot hold, with this code: what the case writes is not stored. */
const gaps: { readonly [storage: string]: { readonly [name: string]: string } } = {
  "orc on spark": { "types: gives back timestamp, from TypeScript and from the engine": "STORAGE_VALUE_LOST" },
  "orc on s3 on spark": { "types: gives back timestamp, from TypeScript and from the engine": "STORAGE_VALUE_LOST" },
}

/** The code by which a storage refuses a case; undefined where it passes. */
export function gapOf(storage: string, name: string): string | undefined {
  return gaps[storage]?.[name]
}

/** Storages that long tests look at; Iceberg's and ORC's tables are written by the same code as Delta's. */
export const isLookedAt = (storage: string): boolean =>
  process.env.CONFORMANCE === "all" || !/^(?:iceberg|orc) /.test(storage)

/** Whether a case of the suite is run for a storage. */
export function isChosen(storage: string, name: string): boolean {
  return process.env.CONFORMANCE === "all" || (chosenCases[storage]?.has(name) ?? true)
}
