import type { AssetFacts } from "./asset-facts.ts"

/** What a rule found: in words, with the figures that it rests on, and what follows. */
export interface RuleFinding {
  readonly what: string
  /** Measured, counted or set; sizes in bytes, times in milliseconds. */
  readonly figures: { readonly [name: string]: number | string }
  /** A line of code or config that can be typed. */
  readonly fix: string
}

export interface Advice extends RuleFinding {
  /** Its name: `small_files`. */
  readonly rule: string
}

/** One rule: looks at the facts of one asset, and says nothing where a figure that it needs was not measured. */
export interface Rule {
  readonly name: string
  /** The recorded name of the only engine that it is about; left out where it is about any. */
  readonly engine?: string
  find(facts: AssetFacts): RuleFinding | undefined
}
