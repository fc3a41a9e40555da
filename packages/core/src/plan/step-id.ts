/** `marts/revenue`, or `marts/revenue[2024-01-05]`. */
export function stepId(key: string, partition: string | null): string {
  return partition === null ? key : `${key}[${partition}]`
}
