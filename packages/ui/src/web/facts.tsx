import type { ReactNode } from "react"

export interface Fact {
  readonly name: string
  readonly value: ReactNode
  /** For ids and versions. */
  readonly mono?: boolean
}

/** Names and values below one another; those without a value are left out. */
export function Facts({ facts }: { readonly facts: readonly Fact[] }) {
  const given = facts.filter(fact => fact.value !== null && fact.value !== undefined && fact.value !== "")
  return (
    <dl className="facts">
      {given.map(({ name, value, mono }) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd className={mono ? "mono" : undefined}>{value}</dd>
        </div>
      ))}
    </dl>
  )
}
