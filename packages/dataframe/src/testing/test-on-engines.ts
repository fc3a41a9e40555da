import { openSession, type Session, type SessionOptions } from "../open-session.ts"
import type { Engine } from "../session/engine-session.ts"

/**
 * Runs one test on each engine, one after the other: what it proves then holds on all of them. It is of no test runner.
 * An error is thrown on with the engine's name before its message.
 * @example
 * test("late flights are counted", () =>
 *   testOnEngines([duckdb()], async session => {
 *     const flights = session.createDataFrame({ delay: t.int64 }, [{ delay: 3 }, { delay: 40 }])
 *     await expectRows(lateFlights(flights), [{ late: 1n }])
 *   }))
 */
export async function testOnEngines(
  engines: readonly Engine[],
  run: (session: Session) => Promise<void>,
  options: SessionOptions = {},
): Promise<void> {
  if (engines.length === 0) throw new RangeError("testOnEngines was given no engine: it would prove nothing.")
  for (const engine of engines) {
    const session = await openSession(engine, options)
    try {
      await run(session)
    } catch (error) {
      if (error instanceof Error) error.message = `on ${engine.name}: ${error.message}`
      throw error
    } finally {
      await session.close()
    }
  }
}
