import type { Engine, EngineSession } from "../engine/engine.ts"
import type { EngineReference } from "../io/io-manager.ts"
import { tellWaiting } from "../io/wait-listener.ts"
import { engineOf } from "./default-engine.ts"
import { makeScratchFolder, type ScratchFolder } from "./scratch-folder.ts"

export interface SessionOptions {
  readonly base: string
  readonly timeZone: string
  readonly now: Date
  readonly signal: AbortSignal
  expand(text: string): string
}

interface OpenSession {
  readonly opening: Promise<EngineSession>
  /** Once it is open. */
  session: EngineSession | undefined
}

/** The engines of one run: each opened on first use, once, and closed together. */
export class EngineSessions {
  readonly #options: SessionOptions
  readonly #sessions = new Map<string, OpenSession>()
  /** Those whose server was gone: closed when the rest is. */
  readonly #lost: EngineSession[] = []
  readonly #scratch: ScratchFolder[] = []

  constructor(options: SessionOptions) {
    this.#options = options
  }

  /**
   * The session of an engine; `name` tells the engines of an environment apart. In the place of one whose server is gone
   * another is opened: what failed with it fails alone.
   */
  open(name: string, engine: Engine | EngineReference): Promise<EngineSession> {
    const found = this.#sessions.get(name)
    if (found && !found.session?.isLost?.()) return found.opening
    if (found?.session) this.#lost.push(found.session)
    const open: OpenSession = { opening: this.#open(engine), session: undefined }
    this.#sessions.set(name, open)
    open.opening.then(
      session => {
        open.session = session
      },
      () => this.#sessions.delete(name), // the next step, or attempt, tries again
    )
    return open.opening
  }

  /** The sessions that are open by now. */
  async opened(): Promise<readonly EngineSession[]> {
    const settled = await Promise.allSettled([...this.#sessions.values()].map(({ opening }) => opening))
    return settled.flatMap(result => (result.status === "fulfilled" ? [result.value] : []))
  }

  /** Closes the sessions in reverse order and removes their scratch folders. */
  async close(): Promise<void> {
    const sessions = [...this.#lost.splice(0), ...(await this.opened())].toReversed()
    this.#sessions.clear()
    try {
      for (const session of sessions) await session.close()
    } finally {
      for (const folder of this.#scratch.splice(0)) folder.remove()
    }
  }

  async #open(engineOrReference: Engine | EngineReference): Promise<EngineSession> {
    const { base, timeZone, now, signal, expand } = this.#options
    const engine = await engineOf(engineOrReference, base)
    const scratch = makeScratchFolder()
    this.#scratch.push(scratch)
    return engine.open({ timeZone, now, signal, scratch: scratch.path, expand, waiting: tellWaiting })
  }
}
