import { existsSync } from "node:fs"
import type { Engine, EngineSession } from "@assets/core"
import { expect, test } from "vitest"
import { EngineSessions } from "../src/environment/engine-sessions.ts"
import { fakeEngine } from "./fake-table.ts"

const { signal } = new AbortController()
const options = { base: "/", timeZone: "UTC", now: new Date(0), signal, expand: (text: string) => text }

/** An engine of which each session has a server of its own, which can be gone. */
function engineWithServers() {
  const servers: { isGone: boolean; isClosed: boolean; scratch: string }[] = []
  const engine: Engine = {
    name: "served",
    async open(context) {
      const server = { isGone: false, isClosed: false, scratch: context.scratch }
      servers.push(server)
      const session: EngineSession = {
        ...(await fakeEngine().open(context)),
        isLost: () => server.isGone,
        close: async () => {
          server.isClosed = true
        },
      }
      return session
    },
  }
  return { engine, servers }
}

test("one session serves all steps, until its server is gone: then those that come share the next", async () => {
  const sessions = new EngineSessions(options)
  const { engine, servers } = engineWithServers()
  const [first, same] = await Promise.all([sessions.open("default", engine), sessions.open("default", engine)])
  expect(same).toBe(first)
  for (const server of servers) server.isGone = true
  const [second, shared] = await Promise.all([sessions.open("default", engine), sessions.open("default", engine)])
  expect(second).not.toBe(first)
  expect(shared).toBe(second)
  expect(await sessions.opened()).toEqual([second])
  await sessions.close()
  expect(servers.map(({ isClosed, scratch }) => [isClosed, existsSync(scratch)])).toEqual([
    [true, false],
    [true, false],
  ])
})

test("a session that could not be opened is tried anew, also in the place of one that was lost", async () => {
  const sessions = new EngineSessions(options)
  const { engine, servers } = engineWithServers()
  await sessions.open("default", engine)
  for (const server of servers) server.isGone = true
  const broken: Engine = { name: "broken", open: () => Promise.reject(new Error("no server")) }
  await expect(sessions.open("default", broken)).rejects.toThrow("no server")
  expect(await sessions.open("default", engine)).toBeDefined()
  await sessions.close()
  expect(servers.map(({ isClosed }) => isClosed)).toEqual([true, true])
})
