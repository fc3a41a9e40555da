/** When assets are to be materialized. A declaration; whoever runs automation reads it. */
export interface Schedule {
  readonly kind: "schedule"
  /** Unique in the project. */
  readonly name: string
  readonly cron: string
  /** IANA zone in which the expression is read. */
  readonly timezone: string
  /** What each tick materializes. */
  readonly selection: string
  /** Partition keys of a tick; left out, those that the tick's instant has completed. */
  readonly partition?: (tick: { readonly at: Date }) => string | readonly string[]
  readonly description?: string
  /** Holds the stack of the declaration; read only when something is wrong. */
  readonly declaredAt: Error
}

export interface ScheduleOptions {
  /** Default: the cron expression and the selection. */
  readonly name?: string
  /** Default `UTC`. */
  readonly timezone?: string
  /** Default `*`, all assets. */
  readonly selection?: string
  readonly partition?: (tick: { readonly at: Date }) => string | readonly string[]
  readonly description?: string
}

/**
 * Declares a schedule: `schedule("0 6 * * *", { timezone: "Europe/Berlin", selection: "group:marts" })`.
 * Faults of the expression, the zone and the selection are reported by `definitions`.
 */
export function schedule(cron: string, options: ScheduleOptions = {}): Schedule {
  const { name, timezone = "UTC", selection = "*", ...rest } = options
  return Object.freeze<Schedule>({
    kind: "schedule",
    name: name ?? `${cron} ${selection}`,
    cron,
    timezone,
    selection,
    ...rest,
    declaredAt: new Error("declared here"),
  })
}
