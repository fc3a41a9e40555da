import { asset } from "@assets/core"
import { frame, t } from "@assets/dataframe"
import { region } from "../../../../examples/tpch/tables.ts"

/** One read and one write of five rows: what a run costs before it does any work. */
export const tiny = asset("bench/tiny", {
  deps: { region },
  returns: frame({ r_regionkey: t.int32 }),
  transform: ({ region }) => region.select("r_regionkey"),
})
