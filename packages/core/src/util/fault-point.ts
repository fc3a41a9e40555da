/**
 * Named places at which a test can make the process die, fail or stall: `ASSETS_FAULT=io.pointer:2:kill` kills it at the
 * second passing of `io.pointer`. Without the variable a passing costs one comparison.
 *
 * Actions: `kill` (SIGKILL), `throw`, `exit` (status 1, at once), `stop` (SIGSTOP: someone else wakes it), `stall=500`
 * (stands still for 500 ms, its other threads go on).
 */
export type FaultPoint =
  /** A step holds its lease and is about to call the asset's function. */
  | "step.compute"
  /** Data is being written; nothing of it counts yet. */
  | "io.write"
  /** Some of the rows are written, and others are not: passed only by writers that see rows go by. */
  | "io.rows"
  /** The data is whole, and about to be marked so. */
  | "io.marker"
  /** The version is complete, and about to become current. */
  | "io.pointer"
  /** All that is published together is complete, and nothing of it is current. */
  | "io.publish"
  /** The publication is decided, and its pointers are about to be moved. */
  | "io.published"
  /** The data is current, and the event log is about to be told. */
  | "event.append"
  /** The event log is made one of this release, and the change is about to be kept. */
  | "event.upgrade"

let hook: ((point: FaultPoint) => void) | undefined = hookOf(process.env.ASSETS_FAULT)

/** Passes a named place; does nothing unless `ASSETS_FAULT` names it, or a test has set a hook. For tests. */
export function faultPoint(point: FaultPoint): void {
  hook?.(point)
}

/** Calls a function at each passing of a fault point of this process; returns what takes it back. For tests. */
export function setFaultHook(next: (point: FaultPoint) => void): () => void {
  const former = hook
  hook = next
  return () => {
    hook = former
  }
}

function hookOf(variable: string | undefined): typeof hook {
  if (!variable) return undefined
  const [wanted, passing = "1", action = "kill"] = variable.split(":")
  let passings = 0
  return point => {
    if (point !== wanted || ++passings !== Number(passing)) return
    if (action === "throw") throw new Error(`A fault was injected at ${point}.`)
    if (action === "exit") process.exit(1)
    if (action.startsWith("stall=")) return standStill(Number(action.slice("stall=".length)))
    process.kill(process.pid, action === "stop" ? "SIGSTOP" : "SIGKILL")
    // A signal to the own process is delivered between two instructions of it, not before `kill` returns.
    if (action !== "stop") standStill()
  }
}

function standStill(ms?: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}
