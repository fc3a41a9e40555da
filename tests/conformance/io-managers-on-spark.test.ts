import { describeIOManagers } from "./describe-io-managers.ts"
import { isOfTables, isOnSpark } from "./each-storage.ts"

describeIOManagers(name => isOnSpark(name) && !isOfTables(name))
