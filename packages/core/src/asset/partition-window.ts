import type { TimeWindow } from "../partition/partitions.ts"
import type { Asset } from "./asset.ts"

/** The window of an asset's partition; undefined for a partition that is not made of time, and for the whole of an asset. */
export function partitionWindow({ options }: Asset, partition: string | null): TimeWindow | undefined {
  return partition === null ? undefined : options.partitions?.window?.(partition)
}
