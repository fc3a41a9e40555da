import { existsSync } from "node:fs"
import { isAbsolute } from "node:path"
import type { Asset } from "./asset/asset.ts"
import type { Definitions } from "./definitions.ts"
import { examineEventLog } from "./doctor-event-log.ts"
import { type DoctorFinding, examineMachine } from "./doctor-machine.ts"
import type { Engine, Finding } from "./engine/engine.ts"
import { describeEnvironment } from "./environment/describe-environment.ts"
import { isInMemory } from "./environment/in-memory.ts"
import { OpenEnvironment } from "./environment/open-environment.ts"
import { resolveEnvironment } from "./environment/resolve-environment.ts"
import { AssetsError } from "./errors/assets-error.ts"
import type { IOManager } from "./io/io-manager.ts"
import { eventLogPath } from "./open-event-log.ts"

export interface DoctorOptions {
  /** Name of the one environment to look at. Default: all. */
  readonly environment?: string
  readonly signal?: AbortSignal
}

/**
 * Looks for what keeps a project from working: on the machine, and in each environment its variables, engines, storage
 * and event log. Runs nothing and changes nothing. What cannot be looked at is a finding, not an error.
 *
 * @param project left out, only the machine is looked at
 */
export async function doctor(project?: Definitions, options: DoctorOptions = {}): Promise<readonly DoctorFinding[]> {
  const found: DoctorFinding[] = [...examineMachine()]
  if (!project) return found
  const names = options.environment === undefined ? Object.keys(project.environments) : [options.environment]
  const examinedLogs = new Set<string>()
  let isSparkUsed = false
  for (const name of names) {
    options.signal?.throwIfAborted()
    const signal = options.signal ?? new AbortController().signal
    const own = await examineEnvironment(project, name, { signal, examinedLogs })
    isSparkUsed ||= own.some(({ about }) => about.startsWith("engine spark"))
    found.push(...own.map(one => ({ environment: name, ...one })))
  }
  if (!isSparkUsed) found.push({ about: "spark", environment: null, level: "ok", what: "Spark and Java are not used" })
  return found
}

interface Examination {
  readonly signal: AbortSignal
  /** Files of event logs that were looked at: environments share one. */
  readonly examinedLogs: Set<string>
}

type EnvironmentFinding = Omit<DoctorFinding, "environment">

async function examineEnvironment(project: Definitions, name: string, { signal, examinedLogs }: Examination) {
  const found: EnvironmentFinding[] = []
  const examine = async (about: string, look: () => Promise<readonly Finding[]> | readonly Finding[]) => {
    found.push(...(await attempt(look)).map(one => ({ about, ...one })))
  }
  const resolved = await settled(() => resolveEnvironment(project, name))
  if ("finding" in resolved) return [{ about: "environment", ...resolved.finding }]
  const environment = new OpenEnvironment(project, resolved.value, { now: new Date(), signal })
  try {
    await examine("variables", () => variableFindings(project, name))
    const { engines, ios, faults } = partsOf(project, environment)
    found.push(...faults)
    for (const [engine, { asset, configured }] of engines) {
      await examine(`engine ${engine}`, () => engineFindings(environment, asset, configured))
    }
    for (const io of ios) await examine(`io ${io.name}`, () => storageFindings(io, environment, signal))
    await examine("sources", () => sourcesFindings(project, environment))
    if (!isInMemory(resolved.value.config)) {
      await examine("event log", () => {
        const path = eventLogPath(project, resolved.value)
        if (examinedLogs.has(path)) return []
        examinedLogs.add(path)
        return examineEventLog(path)
      })
    }
  } finally {
    await examine("close", async () => {
      await environment.close()
      return []
    })
  }
  return found
}

interface UsedEngine {
  readonly asset: Asset
  /** Undefined for the one that an IO manager brings. */
  readonly configured: Engine | undefined
}

/** The engines and IO managers that the project's assets use, and why one has none. */
function partsOf(project: Definitions, environment: OpenEnvironment) {
  const engines = new Map<string, UsedEngine>()
  const ios = new Set<IOManager>()
  const faults = new Map<string, EnvironmentFinding>()
  const { config } = environment
  for (const asset of project.assets.values()) {
    try {
      ios.add(environment.io(asset))
      const { engine: name } = environment.placeOf(asset)
      const configured = config.engines?.[name] ?? (name === "default" ? config.engine : undefined)
      const kind = environment.engineName(asset)
      engines.set(name === "default" ? kind : `${kind} (${name})`, { asset, configured })
    } catch (error) {
      const finding = findingOf(error)
      faults.set(finding.what, { about: "environment", ...finding })
    }
  }
  return { engines, ios, faults: [...faults.values()] }
}

function variableFindings(project: Definitions, name: string): Finding[] {
  const { missingVariables } = describeEnvironment(project, name)
  if (missingVariables.length === 0) return [{ level: "ok", what: "every variable that it names has a value" }]
  return missingVariables.map(variable => ({
    level: "error",
    what: `The variable '${variable}' has no value.`,
    fix: `Set it: export ${variable}=…, or add it to 'vars' of '${name}'.`,
  }))
}

/** What the engine says of itself; else whether a session of it opens. */
async function engineFindings(environment: OpenEnvironment, asset: Asset, configured: Engine | undefined) {
  if (configured?.doctor) return configured.doctor({ expand: text => environment.expand(text) })
  await environment.session(asset)
  return [{ level: "ok", what: "a session of it opens" } as const]
}

async function storageFindings(io: IOManager, environment: OpenEnvironment, signal: AbortSignal) {
  const context = environment.ioContext(signal)
  if (io.doctor) return io.doctor(context)
  await io.current(context, [])
  return [{ level: "ok", what: "its records can be read" } as const]
}

/** Whether the folders of the sources are there; what is not on a disk of this machine is only named. */
function sourcesFindings(project: Definitions, environment: OpenEnvironment): Finding[] {
  const roots = new Set([...project.sources.keys()].map(key => environment.sourcesRoot(key)))
  return [...roots].map((root): Finding => {
    if (!isAbsolute(root)) return { level: "ok", what: `relative paths are below ${root}` }
    if (existsSync(root)) return { level: "ok", what: `relative paths are below ${root}, which is there` }
    return { level: "error", what: `The folder ${root} is not there.`, fix: "Correct 'sources' of the environment." }
  })
}

async function attempt(look: () => Promise<readonly Finding[]> | readonly Finding[]): Promise<readonly Finding[]> {
  const looked = await settled(look)
  return "finding" in looked ? [looked.finding] : looked.value
}

async function settled<T>(look: () => Promise<T> | T): Promise<{ readonly value: T } | { readonly finding: Finding }> {
  try {
    return { value: await look() }
  } catch (error) {
    return { finding: findingOf(error) }
  }
}

/** An error as something that was found. */
export function findingOf(error: unknown): Finding {
  if (error instanceof AssetsError) {
    return { level: "error", what: `${error.code}: ${error.message} ${error.why}`, fix: error.fix }
  }
  return { level: "error", what: error instanceof Error ? `${error.name}: ${error.message}` : String(error) }
}
