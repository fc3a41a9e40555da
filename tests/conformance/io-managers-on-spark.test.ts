import { describeIOManagers } from "./describe-io-managers.ts"
import { isOnSpark } from "./each-storage.ts"

describeIOManagers(isOnSpark)
