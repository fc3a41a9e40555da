import { UserCodeError } from "../errors/assets-error.ts"
import type { ValueType } from "./value-type.ts"

/** The type of a value that is not kept. */
export type NothingValue = ValueType<never, undefined, void>

const nothingValue: NothingValue = Object.freeze<NothingValue>({
  kind: "nothing",
  describe: () => "nothing",
  bind: async () => undefined,
  output: returned => {
    if (returned !== undefined) {
      throw new UserCodeError("VALUE_INVALID", {
        what: "A function that declares 'returns: nothing()' returned a value.",
        why: "The value would be lost: nothing() says that the function stores its data by itself.",
        fix: "Return nothing, or declare what is returned: 'returns: json<T>()' or 'returns: frame({...})'.",
      })
    }
    return { kind: "nothing" }
  },
})

/** Declares that a function stores its data by itself and returns nothing; only the record that it ran is kept. */
export function nothing(): NothingValue {
  return nothingValue
}
