import { parseSelection } from "../asset/selection-syntax.ts"
import { AssetsError, DefinitionError } from "../errors/assets-error.ts"
import { declarationPlace } from "../errors/declaration-place.ts"
import { cronFault } from "../util/cron.ts"
import { TimeZone } from "../util/time-zone.ts"
import type { Schedule } from "./schedule.ts"
import type { Sensor } from "./sensor.ts"

/** Faults of schedules and sensors, each alone and by their names. */
export function scheduleFaults(schedules: readonly Schedule[], sensors: readonly Sensor[]): DefinitionError[] {
  return [
    ...twice(schedules),
    ...twice(sensors),
    ...schedules.flatMap(one => [...faultsOfSchedule(one)]),
    ...sensors.flatMap(one => [...faultsOfSensor(one)]),
  ]
}

/** A fault of a schedule or a sensor, at its place. */
export function scheduleFault(of: Schedule | Sensor, what: string, why: string, fix: string): DefinitionError {
  const location = declarationPlace(of.declaredAt)
  return new DefinitionError("SCHEDULE_INVALID", {
    what: `The ${of.kind} '${of.name}' ${what}`,
    why,
    fix,
    details: { name: of.name },
    ...(location && { location }),
  })
}

function twice(all: readonly (Schedule | Sensor)[]): DefinitionError[] {
  const seen = new Set<string>()
  return all
    .filter(({ name }) => seen.has(name) || !seen.add(name))
    .map(one =>
      scheduleFault(one, "has the name of another.", "Its ticks are kept under its name.", "Give it its own name."),
    )
}

function* faultsOfSchedule(one: Schedule): Iterable<DefinitionError> {
  const wrong = cronFault(one.cron)
  if (wrong) {
    yield scheduleFault(
      one,
      `has a bad cron expression '${one.cron}': ${wrong}.`,
      "It says when the schedule ticks.",
      "Write five fields: '0 6 * * *' is each day at six.",
    )
  }
  try {
    TimeZone.of(one.timezone)
  } catch {
    yield scheduleFault(
      one,
      `has the timezone '${one.timezone}', which there is not.`,
      "The expression is read in it.",
      "Write an IANA name such as 'Europe/Berlin'.",
    )
  }
  try {
    parseSelection(one.selection)
  } catch (error) {
    if (!(error instanceof AssetsError)) throw error
    yield scheduleFault(one, `has a bad selection. ${error.message}`, error.why, error.fix)
  }
}

function* faultsOfSensor(one: Sensor): Iterable<DefinitionError> {
  if (typeof one.evaluate !== "function") {
    yield scheduleFault(
      one,
      "has no 'evaluate' function.",
      "It is called to look for something new.",
      "Write evaluate: async ({ cursor }) => ({ runRequests: [] }).",
    )
  }
  if (!(Number.isFinite(one.everyMs) && one.everyMs > 0 && one.everyMs < 2 ** 31)) {
    yield scheduleFault(
      one,
      `has everyMs ${one.everyMs}.`,
      "It is a number of milliseconds above 0 and below 2^31.",
      "Write everyMs: 60_000 for a minute.",
    )
  }
}
