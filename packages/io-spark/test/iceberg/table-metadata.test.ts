import { expect, test } from "vitest"
import { currentSnapshot, formatWide, parseWide, type TableMetadata } from "../../src/iceberg/table-metadata.ts"

test("keeps each digit of the ids that others give, and what stands in texts", () => {
  const text =
    '{"current-snapshot-id":9223372036854775807,"last-updated-ms":1711848600000,"snapshots":[{"snapshot-id":1234567890123456789,"summary":{"note":"at 1234567890123456789, \\"1234567890123456789\\""}},{"snapshot-id":9223372036854775807,"summary":{"note":"last"}}]}'
  const metadata = parseWide<TableMetadata>(text)
  expect(formatWide(metadata)).toBe(text)
  expect(currentSnapshot(metadata)?.summary.note).toBe("last")
})
