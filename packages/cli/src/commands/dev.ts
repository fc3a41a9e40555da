import type { GlobalOptions } from "../global-options.ts"
import { environmentOf, openProject } from "../open-project.ts"
import { Output } from "../output.ts"

/** Serves the page until the process is told to end. */
export async function dev(options: GlobalOptions & { readonly host: string; readonly port: number }): Promise<void> {
  const project = await openProject(options)
  await project.prepareCodeVersions()
  const { startServer } = await import("@assets/ui")
  const token = process.env.ASSETS_TOKEN
  const server = await startServer({
    project: project.definitions,
    ...environmentOf(options),
    host: options.host,
    port: options.port,
    readOnly: true,
    ...(token && { token }),
  })
  const output = new Output(options)
  if (output.json) output.object({ url: server.url })
  else output.line(`The page is at ${server.url} (Ctrl-C ends it)`)
  await new Promise<void>(resolve => {
    process.once("SIGINT", () => resolve())
    process.once("SIGTERM", () => resolve())
  })
  await server.close()
}
