import { expect, test } from "vitest"
import { restCommit } from "../../src/iceberg/rest-commit.ts"
import type { Snapshot, TableMetadata } from "../../src/iceberg/table-metadata.ts"

const snapshot = (id: number): Snapshot => ({
  "snapshot-id": id,
  "sequence-number": id,
  "timestamp-ms": id,
  summary: { operation: "append" },
  "manifest-list": `file:///lake/${id}.avro`,
  "schema-id": 0,
})

const first: TableMetadata = {
  "format-version": 2,
  "table-uuid": "u",
  location: "file:///lake",
  "last-sequence-number": 1,
  "last-updated-ms": 1,
  "last-column-id": 1,
  schemas: [{ type: "struct", "schema-id": 0, fields: [{ id: 1, name: "id", required: false, type: "long" }] }],
  "current-schema-id": 0,
  "partition-specs": [{ "spec-id": 0, fields: [] }],
  "default-spec-id": 0,
  "last-partition-id": 999,
  "sort-orders": [{ "order-id": 0, fields: [] }],
  "default-sort-order-id": 0,
  properties: { kept: "a", changed: "b", gone: "c" },
  "current-snapshot-id": 1,
  refs: { main: { "snapshot-id": 1, type: "branch" } },
  snapshots: [snapshot(1)],
}

test("makes a table in the order in which its parts are needed, and only where there is none", () => {
  const { requirements, updates } = restCommit(undefined, first)
  expect(requirements).toEqual([{ type: "assert-create" }])
  expect(updates.map(one => one.action)).toEqual([
    "assign-uuid",
    "upgrade-format-version",
    "set-location",
    "add-schema",
    "set-current-schema",
    "add-spec",
    "set-default-spec",
    "add-sort-order",
    "set-default-sort-order",
    "set-properties",
    "add-snapshot",
    "set-snapshot-ref",
  ])
})

test("asks for what is other, on the state that it was made on", () => {
  const schema = { ...first.schemas[0], "schema-id": 1, fields: [] } as TableMetadata["schemas"][number] // another one
  const { requirements, updates } = restCommit(first, {
    ...first,
    schemas: [...first.schemas, schema],
    "current-schema-id": 1,
    properties: { kept: "a", changed: "d", added: "e" },
    "current-snapshot-id": 2,
    snapshots: [snapshot(2)],
  })
  expect(requirements).toContainEqual({ type: "assert-ref-snapshot-id", ref: "main", "snapshot-id": 1 })
  expect(requirements).toContainEqual({ type: "assert-table-uuid", uuid: "u" })
  expect(updates).toEqual([
    { action: "add-schema", schema, "last-column-id": 1 },
    { action: "set-current-schema", "schema-id": -1 },
    { action: "set-properties", updates: { changed: "d", added: "e" } },
    { action: "remove-properties", removals: ["gone"] },
    { action: "add-snapshot", snapshot: snapshot(2) },
    { action: "set-snapshot-ref", "ref-name": "main", type: "branch", "snapshot-id": 2 },
    { action: "remove-snapshots", "snapshot-ids": [1] },
  ])
})

test("asks for the absence of a snapshot of a table that was never written", () => {
  const { snapshots: _, refs: __, ...empty } = first
  const { requirements, updates } = restCommit({ ...empty, "current-snapshot-id": -1 }, { ...empty })
  expect(requirements).toContainEqual({ type: "assert-ref-snapshot-id", ref: "main", "snapshot-id": null })
  expect(updates).toEqual([])
})
