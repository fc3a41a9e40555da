/**
 * The assets and sources of a project by key, with what each depends on.
 *
 * Each question costs at most the nodes and edges it touches; nothing recurses, so that long chains are fine.
 */
export class AssetGraph {
  /** Every key, what it depends on first; among equals by key. */
  readonly keys: readonly string[]
  readonly #position = new Map<string, number>()
  readonly #upstream: readonly (readonly number[])[]
  readonly #downstream: readonly (readonly number[])[]
  #pathBelow: Int32Array | undefined

  /**
   * @param upstream each key with the keys that it depends on; those are keys of the map, too
   * @throws Error when there is a cycle; `findCycles` tells before
   */
  constructor(upstream: ReadonlyMap<string, readonly string[]>) {
    const depth = depths(upstream)
    if (depth.size !== upstream.size) throw new Error("The graph has a cycle; definitions() should have refused it.")
    const keys = [...upstream.keys()]
    keys.sort((a, b) => (depth.get(a) ?? 0) - (depth.get(b) ?? 0) || (a < b ? -1 : 1))
    this.keys = Object.freeze(keys)
    keys.forEach((key, i) => {
      this.#position.set(key, i)
    })
    const ups = keys.map(key => [...new Set(upstream.get(key))].map(up => this.#at(up)).sort((a, b) => a - b))
    const downs: number[][] = keys.map(() => [])
    ups.forEach((positions, i) => {
      for (const up of positions) downs[up]?.push(i)
    })
    this.#upstream = ups
    this.#downstream = downs
  }

  has(key: string): boolean {
    return this.#position.has(key)
  }

  /** Some of the keys in the order of `keys`: what they depend on first. */
  inOrder(keys: Iterable<string>): string[] {
    return [...keys].sort((a, b) => this.#at(a) - this.#at(b))
  }

  /** What a key depends on by itself, in topological order. */
  upstream(key: string): string[] {
    return this.#named(this.#upstream[this.#at(key)])
  }

  /** What depends on a key by itself, in topological order. */
  downstream(key: string): string[] {
    return this.#named(this.#downstream[this.#at(key)])
  }

  /** All that the keys depend on, directly or not, without the keys themselves unless one is above another. */
  ancestors(keys: Iterable<string>, levels = Number.POSITIVE_INFINITY): Set<string> {
    return this.#reach(keys, this.#upstream, levels)
  }

  /** All that depends on the keys, directly or not, without the keys themselves unless one is below another. */
  descendants(keys: Iterable<string>, levels = Number.POSITIVE_INFINITY): Set<string> {
    return this.#reach(keys, this.#downstream, levels)
  }

  /** Those of the keys with none of them above, on whatever way. */
  roots(keys: ReadonlySet<string>): Set<string> {
    return this.#ends(keys, this.#upstream, false)
  }

  /** Those of the keys with none of them below, on whatever way. */
  sinks(keys: ReadonlySet<string>): Set<string> {
    return this.#ends(keys, this.#downstream, true)
  }

  /** Number of edges on the longest path below a key: what waits for it at the least. */
  pathBelow(key: string): number {
    this.#pathBelow ??= this.#longestPaths()
    return this.#pathBelow[this.#at(key)] ?? 0
  }

  #at(key: string): number {
    const position = this.#position.get(key)
    if (position === undefined) throw new Error(`The graph has no key '${key}'; whoever asked should have checked.`)
    return position
  }

  #named(positions: readonly number[] = []): string[] {
    return positions.map(position => this.keys[position] ?? "")
  }

  #reach(keys: Iterable<string>, next: readonly (readonly number[])[], levels: number): Set<string> {
    const reached = new Set<number>()
    let front = new Set<number>()
    for (const key of keys) front.add(this.#at(key))
    for (let level = 0; level < levels && front.size > 0; level++) {
      const beyond = new Set<number>()
      for (const position of front) {
        for (const neighbour of next[position] ?? []) {
          if (reached.has(neighbour)) continue
          reached.add(neighbour)
          beyond.add(neighbour)
        }
      }
      front = beyond
    }
    return new Set(this.#named([...reached]))
  }

  #ends(keys: ReadonlySet<string>, next: readonly (readonly number[])[], backwards: boolean): Set<string> {
    const beyond = new Uint8Array(this.keys.length)
    const ends = new Set<string>()
    for (let n = 0; n < this.keys.length; n++) {
      const i = backwards ? this.keys.length - 1 - n : n
      for (const neighbour of next[i] ?? []) {
        if (beyond[neighbour] || keys.has(this.keys[neighbour] ?? "")) beyond[i] = 1
      }
      const key = this.keys[i] ?? ""
      if (!beyond[i] && keys.has(key)) ends.add(key)
    }
    return ends
  }

  #longestPaths(): Int32Array {
    const paths = new Int32Array(this.keys.length)
    for (let i = this.keys.length - 1; i >= 0; i--) {
      for (const down of this.#downstream[i] ?? []) paths[i] = Math.max(paths[i] ?? 0, (paths[down] ?? 0) + 1)
    }
    return paths
  }
}

/** The longest path above each key, by Kahn's algorithm; keys on a cycle, or below one, are left out. */
function depths(upstream: ReadonlyMap<string, readonly string[]>): Map<string, number> {
  const keys = [...upstream.keys()]
  const index = new Map(keys.map((key, i) => [key, i]))
  const waits = new Int32Array(keys.length)
  const reached = new Int32Array(keys.length)
  const below: number[][] = keys.map(() => [])
  const ready: number[] = []
  keys.forEach((key, i) => {
    const ups = upstream.get(key) ?? []
    waits[i] = ups.length
    if (ups.length === 0) ready.push(i)
    for (const up of ups) below[index.get(up) ?? -1]?.push(i)
  })
  for (let next = 0; next < ready.length; next++) {
    const i = ready[next] ?? 0
    for (const down of below[i] ?? []) {
      reached[down] = Math.max(reached[down] ?? 0, (reached[i] ?? 0) + 1)
      const left = (waits[down] ?? 0) - 1
      waits[down] = left
      if (left === 0) ready.push(down)
    }
  }
  return new Map(ready.map(i => [keys[i] ?? "", reached[i] ?? 0]))
}

/** Cycles, each as the keys on it in the order of the data, the least key first; no key is in two. */
export function findCycles(upstream: ReadonlyMap<string, readonly string[]>): string[][] {
  const sound = depths(upstream)
  const seen = new Set<string>()
  const cycles: string[][] = []
  for (const start of [...upstream.keys()].filter(key => !sound.has(key)).sort()) {
    // Each key that is left has one above it that is left, too: walking up ends on a cycle.
    const path: string[] = []
    const place = new Map<string, number>()
    let key: string | undefined = start
    while (key !== undefined && !seen.has(key) && !place.has(key)) {
      place.set(key, path.length)
      path.push(key)
      key = upstream.get(key)?.find(up => !sound.has(up))
    }
    for (const passed of path) seen.add(passed)
    const from = key === undefined ? undefined : place.get(key)
    if (from !== undefined) cycles.push(leastFirst(path.slice(from).reverse()))
  }
  return cycles
}

function leastFirst(cycle: readonly string[]): string[] {
  const least = cycle.reduce((best, key, i) => (key < (cycle[best] ?? "") ? i : best), 0)
  return [...cycle.slice(least), ...cycle.slice(0, least)]
}
