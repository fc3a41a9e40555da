import type { OutputContext } from "@assets/core"
import { outputContext as context } from "@assets/core/testing"
import type { EngineFixture } from "./fixture.ts"

export const writtenKey = "marts/numbers"

/** The context of a write of `marts/numbers`. */
export function outputContext(fixture: EngineFixture, fingerprint: string): OutputContext {
  return context({ base: fixture.base, key: writtenKey, fingerprint, session: () => fixture.session() })
}
