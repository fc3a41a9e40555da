import type { Binding, DataFrame, Derived } from "./data-frame.ts"
import { hinted } from "./plan-frame.ts"

/** Hint for engines that shuffle: the frame is small, and is to be sent whole to each worker of a join. */
export function broadcast<S, B extends Binding>(frame: DataFrame<S, B>): Derived<S, B> {
  return hinted(frame, "broadcast", { name: "broadcast" }) as unknown as Derived<S, B> // the same frame's typed face
}
