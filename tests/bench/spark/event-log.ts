import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

/** The settings by which a server writes its events into a folder as lines of JSON. */
export function eventLogConf(folder: string): { readonly [key: string]: string } {
  return {
    "spark.eventLog.enabled": "true",
    "spark.eventLog.dir": folder,
    "spark.eventLog.compress": "false",
    "spark.eventLog.rolling.enabled": "false",
  }
}

/** When a server came to a point, in milliseconds of the epoch. */
export interface ServerTimes {
  /** The JVM had loaded Spark and began to set it up. */
  readonly context: number
  readonly answers: number
  readonly sessions: readonly number[]
  readonly tasks: readonly number[]
}

/** The events that the servers of a folder have written, of all that there were. */
export function serverTimes(folder: string): ServerTimes {
  const lines = readdirSync(folder).flatMap(name => readFileSync(join(folder, name), "utf8").split("\n"))
  const events = lines.flatMap(line => {
    try {
      return [JSON.parse(line) as { readonly [field: string]: unknown }]
    } catch {
      return [] // the last line may not be whole yet
    }
  })
  const of = (name: string) => events.filter(({ Event }) => String(Event).endsWith(name))
  const eventTimes = (name: string) => of(name).map(({ eventTime }) => Number(eventTime))
  const taskTimes = of("SparkListenerTaskStart").map(event => {
    const info = event["Task Info"] as { readonly "Launch Time": number } // as Spark's protocol has it
    return info["Launch Time"]
  })
  return {
    context: Number(of("SparkListenerApplicationStart")[0]?.Timestamp),
    answers: eventTimes("SparkListenerConnectServiceStarted")[0] ?? Number.NaN,
    sessions: eventTimes("SparkListenerConnectSessionStarted"),
    tasks: taskTimes,
  }
}
