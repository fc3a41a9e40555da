/**
 * The cases that `npm test` runs of the storages on S3 on Spark: what an object store makes differ. The others hold of the
 * same manager on a disk, or of the same store with DuckDB; `npm run conformance` runs all.
 */
export const casesOnS3OnSpark: ReadonlySet<string> = new Set([
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
