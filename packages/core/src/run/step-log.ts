/** What `ctx.log` offers: lines that are kept with the step, `***` in the place of secrets. */
export interface StepLog {
  debug(message: string, fields?: { readonly [name: string]: unknown }): void
  info(message: string, fields?: { readonly [name: string]: unknown }): void
  warn(message: string, fields?: { readonly [name: string]: unknown }): void
  error(message: string, fields?: { readonly [name: string]: unknown }): void
}
