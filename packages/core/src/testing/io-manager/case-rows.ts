import type { ConformanceRow } from "./fixture.ts"

export const row = (
  id: number,
  name: string | null,
  value: number | null,
  part: string | null = null,
): ConformanceRow => ({ id: BigInt(id), name, value, part })

export const some = [row(1, "one", 1.5), row(2, null, Number.NaN), row(3, "drei 😀", null)]
export const others = [row(7, "seven", 7)]

export const inPart = (part: string) => [row(1, part, 1, part), row(2, part, 2, part)]

export const numbered = (ids: readonly number[], name: string) => ids.map(id => row(id, name, id))
