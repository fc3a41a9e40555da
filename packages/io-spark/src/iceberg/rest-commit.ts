import { currentSnapshot, sameId, type TableMetadata } from "./table-metadata.ts"

/** A commit as a REST catalog is asked for it: what must hold of the table, and what is to become of it. */
export interface RestCommit {
  readonly requirements: readonly { readonly type: string }[]
  readonly updates: readonly { readonly action: string }[]
}

/** What leads from one state of a table to another; from none where there is no table yet. */
export function restCommit(former: TableMetadata | undefined, next: TableMetadata): RestCommit {
  return {
    requirements: former ? requirements(former) : [{ type: "assert-create" }],
    updates: [
      ...(former ? [] : beginning(next)),
      ...schemaUpdates(former, next),
      ...specUpdates(former, next),
      ...(former ? [] : sortOrder(next)),
      ...propertyUpdates(former?.properties ?? {}, next.properties),
      ...snapshotUpdates(former, next),
    ],
  }
}

/** Each id that a commit gives, and each snapshot, is right only after the state that it was made on. */
function requirements(former: TableMetadata) {
  return [
    { type: "assert-table-uuid", uuid: former["table-uuid"] },
    { type: "assert-ref-snapshot-id", ref: "main", "snapshot-id": currentSnapshot(former)?.["snapshot-id"] ?? null },
    { type: "assert-current-schema-id", "current-schema-id": former["current-schema-id"] },
    { type: "assert-last-assigned-field-id", "last-assigned-field-id": former["last-column-id"] },
    { type: "assert-last-assigned-partition-id", "last-assigned-partition-id": former["last-partition-id"] },
    { type: "assert-default-spec-id", "default-spec-id": former["default-spec-id"] },
  ]
}

function beginning(next: TableMetadata) {
  return [
    { action: "assign-uuid", uuid: next["table-uuid"] },
    { action: "upgrade-format-version", "format-version": next["format-version"] },
    { action: "set-location", location: next.location },
  ]
}

/** Of an id: the one that was added last. */
const justAdded = -1

function schemaUpdates(former: TableMetadata | undefined, next: TableMetadata) {
  const current = next["current-schema-id"]
  const added = next.schemas.filter(one => !former?.schemas.some(other => other["schema-id"] === one["schema-id"]))
  const isAdded = added.some(one => one["schema-id"] === current)
  return [
    ...added.map(schema => ({ action: "add-schema", schema, "last-column-id": next["last-column-id"] })),
    ...(current === former?.["current-schema-id"]
      ? []
      : [{ action: "set-current-schema", "schema-id": isAdded ? justAdded : current }]),
  ]
}

function specUpdates(former: TableMetadata | undefined, next: TableMetadata) {
  const current = next["default-spec-id"]
  const known = former?.["partition-specs"] ?? []
  const added = next["partition-specs"].filter(one => !known.some(other => other["spec-id"] === one["spec-id"]))
  const isAdded = added.some(one => one["spec-id"] === current)
  return [
    ...added.map(spec => ({ action: "add-spec", spec })),
    ...(current === former?.["default-spec-id"]
      ? []
      : [{ action: "set-default-spec", "spec-id": isAdded ? justAdded : current }]),
  ]
}

function sortOrder(next: TableMetadata) {
  return [
    ...next["sort-orders"].map(order => ({ action: "add-sort-order", "sort-order": order })),
    { action: "set-default-sort-order", "sort-order-id": justAdded },
  ]
}

function propertyUpdates(former: TableMetadata["properties"], next: TableMetadata["properties"]) {
  const changed = Object.entries(next).filter(([name, value]) => former[name] !== value)
  const gone = Object.keys(former).filter(name => !Object.hasOwn(next, name))
  return [
    ...(changed.length > 0 ? [{ action: "set-properties", updates: Object.fromEntries(changed) }] : []),
    ...(gone.length > 0 ? [{ action: "remove-properties", removals: gone }] : []),
  ]
}

function snapshotUpdates(former: TableMetadata | undefined, next: TableMetadata) {
  const { snapshots: before = [] } = former ?? {}
  const { snapshots: after = [] } = next
  const added = after.filter(one => !before.some(other => sameId(other["snapshot-id"], one["snapshot-id"])))
  const gone = before.filter(one => !after.some(other => sameId(other["snapshot-id"], one["snapshot-id"])))
  const main = { action: "set-snapshot-ref", "ref-name": "main", type: "branch" }
  return [
    ...added.flatMap(snapshot => [
      { action: "add-snapshot", snapshot },
      { ...main, "snapshot-id": snapshot["snapshot-id"] },
    ]),
    ...(gone.length > 0 ? [{ action: "remove-snapshots", "snapshot-ids": gone.map(one => one["snapshot-id"]) }] : []),
  ]
}
