import type { OutputValue } from "@assets/core"

export type TableValue = Extract<OutputValue, { readonly kind: "relation" | "batches" }>

/** Whether what is stored, or its record, is of rows: computed by an engine, or made in TypeScript. */
export function isTable<T extends { readonly kind: OutputValue["kind"] }>(
  value: T,
): value is Extract<T, { readonly kind: TableValue["kind"] }> & T {
  return value.kind === "relation" || value.kind === "batches"
}
