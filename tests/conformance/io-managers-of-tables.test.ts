import { describeIOManagers } from "./describe-io-managers.ts"
import { isOfTables } from "./each-storage.ts"

// A file of their own: what is in one file runs one after the other.
describeIOManagers(isOfTables)
