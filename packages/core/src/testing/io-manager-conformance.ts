import { addingCases } from "./io-manager/adding.ts"
import { columnCases } from "./io-manager/columns.ts"
import { failureCases } from "./io-manager/failures.ts"
import { partitionCases } from "./io-manager/partitions.ts"
import { recordCases } from "./io-manager/records.ts"
import { removalCases } from "./io-manager/removal.ts"
import type { ConformanceCase } from "./io-manager/storage-case.ts"
import { togetherCases } from "./io-manager/together.ts"
import { valueCases } from "./io-manager/values.ts"
import { versionCases } from "./io-manager/versions.ts"

/**
 * What every IO manager must do, as plain data, for any test runner. A case over something that is optional says what it
 * `needs`, and is `not offered` by a manager or fixture that leaves it out.
 *
 * @example
 * for (const one of ioManagerConformance) {
 *   test(`${one.theme}: ${one.name}`, async () => {
 *     outcomes.set(one, await one.run(createFixture()))
 *   })
 * }
 */
export const ioManagerConformance: readonly ConformanceCase[] = [
  ...valueCases,
  ...columnCases,
  ...recordCases,
  ...failureCases,
  ...partitionCases,
  ...addingCases,
  ...togetherCases,
  ...versionCases,
  ...removalCases,
]
