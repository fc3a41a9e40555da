export type { CompareOptions } from "./expect-rows.ts"
export { expectRows } from "./expect-rows.ts"
export { testOnEngines } from "./test-on-engines.ts"
