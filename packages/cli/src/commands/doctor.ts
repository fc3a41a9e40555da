import { AssetsError, DefinitionError, type DoctorFinding, doctor, findingOf } from "@assets/core"
import { exitCodes } from "../exit-codes.ts"
import { formatCount } from "../format.ts"
import type { GlobalOptions } from "../global-options.ts"
import { environmentOf, openProject } from "../open-project.ts"
import { Output } from "../output.ts"

export async function doctorCommand(options: GlobalOptions): Promise<void> {
  const found = await findings(options)
  if (found.some(one => one.level === "error")) process.exitCode = exitCodes.failed
  const output = new Output(options)
  if (output.json) {
    for (const { level, environment, about, what, fix } of found) {
      output.object({ level, environment, about, what, fix: fix ?? null })
    }
    return
  }
  print(found, output)
}

/** What is wrong with the project is a finding like any other: the command never fails for it. */
async function findings(options: GlobalOptions): Promise<readonly DoctorFinding[]> {
  let project: Awaited<ReturnType<typeof openProject>>
  try {
    project = await openProject(options)
  } catch (error) {
    return [...(await doctor()), ...faultsOf(error)]
  }
  const { assets, sources } = project.definitions
  const what = `${formatCount(assets.size, "asset")} and ${formatCount(sources.size, "source")} in ${project.definitions.base}`
  const loaded: DoctorFinding = { about: "project", environment: null, level: "ok", what }
  const [machine, rest] = split(await doctor(project.definitions, environmentOf(options)))
  return [...machine, loaded, ...rest]
}

/** What is about the machine comes first, then the project, then its environments. */
function split(found: readonly DoctorFinding[]) {
  const isMachine = (one: DoctorFinding) => one.about === "node" || one.about === "memory"
  return [found.filter(isMachine), found.filter(one => !isMachine(one))] as const
}

function faultsOf(error: unknown): DoctorFinding[] {
  const faults = error instanceof DefinitionError && error.faults.length > 0 ? error.faults : [error]
  return faults.map(fault => {
    const finding = findingOf(fault)
    const location = fault instanceof AssetsError ? fault.location : undefined
    const what = location ? `${location.file}:${location.line}: ${finding.what}` : finding.what
    return { about: "project", environment: null, ...finding, what }
  })
}

function print(found: readonly DoctorFinding[], output: Output): void {
  const { green, yellow, red } = output.colors
  const colour = { ok: green, warn: yellow, error: red }
  const shown = output.quiet ? found.filter(one => one.level !== "ok") : found
  const heads = shown.map(one => (one.environment === null ? one.about : `${one.environment}: ${one.about}`))
  const width = Math.max(0, ...heads.map(head => head.length))
  for (const [i, { level, what, fix }] of shown.entries()) {
    output.line(`${colour[level](level.padEnd(5))}  ${(heads[i] ?? "").padEnd(width)}  ${what}`)
    if (fix !== undefined && level !== "ok") output.line(`${" ".repeat(width + 9)}fix: ${fix}`)
  }
  const count = (level: string) => found.filter(one => one.level === level).length
  output.line(`Done. ok=${count("ok")} warn=${count("warn")} error=${count("error")}`)
}
