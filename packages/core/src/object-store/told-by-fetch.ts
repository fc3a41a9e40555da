/** What stood behind the error of `fetch`, which itself says only that it failed. */
export function toldByFetch(error: unknown): string {
  const { message, cause } = error as Error
  const { code, message: reason } = (cause ?? {}) as { readonly code?: string; readonly message?: string }
  return reason ? `${message}: ${code && !reason.includes(code) ? `${code} ` : ""}${reason}` : message
}
