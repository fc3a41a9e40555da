/** A run's selection as it was typed; the one that names everything, in words. */
export function SelectionText({ selection }: { readonly selection: string }) {
  if (selection === "" || selection === "*") return <span className="ellipsis">All assets</span>
  return (
    <span className="mono ellipsis" title={selection}>
      {selection}
    </span>
  )
}
