/** What a sensor asks for. */
export interface RunRequest {
  readonly selection: string
  readonly partitions?: readonly string[]
  readonly tags?: { readonly [name: string]: string }
  /** A request whose key was asked for before is not repeated. */
  readonly key?: string
}

/** What a sensor's function knows. */
export interface SensorContext {
  /** What the former evaluation returned as its cursor. */
  readonly cursor: string | undefined
  readonly now: Date
  readonly signal: AbortSignal
}

export interface SensorResult {
  readonly runRequests: readonly RunRequest[]
  readonly cursor?: string
}

/** Looks for something outside and asks for runs. A declaration; whoever runs automation reads it. */
export interface Sensor {
  readonly kind: "sensor"
  /** Unique in the project. */
  readonly name: string
  /** Milliseconds from the start of one evaluation to the next. */
  readonly everyMs: number
  readonly evaluate: (context: SensorContext) => SensorResult | Promise<SensorResult>
  readonly description?: string
  /** Holds the stack of the declaration; read only when something is wrong. */
  readonly declaredAt: Error
}

export interface SensorOptions {
  /** Milliseconds from the start of one evaluation to the next. Default 30,000. */
  readonly everyMs?: number
  readonly evaluate: (context: SensorContext) => SensorResult | Promise<SensorResult>
  readonly description?: string
}

/** Declares a sensor. Faults are reported by `definitions`. */
export function sensor(name: string, options: SensorOptions): Sensor {
  return Object.freeze<Sensor>({
    kind: "sensor",
    name,
    everyMs: 30_000,
    ...options,
    declaredAt: new Error("declared here"),
  })
}
