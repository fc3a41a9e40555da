// biome-ignore-all lint/a11y/useSemanticElements: rows that are drawn only while they can be seen stand in boxes of their own, which <table> forbids
// biome-ignore-all lint/a11y/useFocusableInteractive: the focus goes to the link or button of a row, not to the row
import type { ReactNode } from "react"

interface TableProps {
  readonly label: string
  /** Names the grid of its columns in CSS. */
  readonly className: string
  readonly rows: number
  /** True when there are more rows than `rows` that are not read yet. */
  readonly hasMore?: boolean
  readonly isBusy?: boolean
  readonly children: ReactNode
}

/** A list with columns, laid out by a CSS grid, told as a table to those who listen to it. */
export function Table({ label, className, rows, hasMore = false, isBusy = false, children }: TableProps) {
  return (
    <div
      role="table"
      className={`table ${className}`}
      aria-label={label}
      aria-busy={isBusy}
      aria-rowcount={hasMore ? -1 : rows + 1}
    >
      {children}
    </div>
  )
}

export interface Column {
  readonly name: string
  readonly align?: "right"
}

export function TableHead({ columns }: { readonly columns: readonly Column[] }) {
  return (
    <div role="row" className="table-head" aria-rowindex={1}>
      {columns.map(({ name, align }) => (
        <span key={name} role="columnheader" className={align}>
          {name}
        </span>
      ))}
    </div>
  )
}

interface RowProps {
  /** Counts from 0, the head left out. */
  readonly index: number
  readonly className?: string | undefined
  readonly children: ReactNode
}

export function Row({ index, className, children }: RowProps) {
  return (
    <div role="row" className={className ? `row ${className}` : "row"} aria-rowindex={index + 2}>
      {children}
    </div>
  )
}

export function Cell({ className, children }: { readonly className: string; readonly children?: ReactNode }) {
  return (
    <span role="cell" className={className}>
      {children}
    </span>
  )
}

/** Holds the rows. */
export function RowGroup({ children, ...rest }: { readonly children: ReactNode } & React.ComponentProps<"div">) {
  return (
    <div role="rowgroup" {...rest}>
      {children}
    </div>
  )
}
