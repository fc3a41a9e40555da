/** An asset's key, its last segment standing out: that is what people look for in a list. */
export function KeyText({ assetKey, suffix = "" }: { readonly assetKey: string; readonly suffix?: string }) {
  const at = assetKey.lastIndexOf("/") + 1
  return (
    <span className="key" title={assetKey + suffix}>
      <span className="key-path">{assetKey.slice(0, at)}</span>
      <span className="key-name">{assetKey.slice(at)}</span>
      {suffix && <span className="key-suffix">{suffix}</span>}
    </span>
  )
}
