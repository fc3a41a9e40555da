let told: ((holder: string) => void) | undefined

/**
 * Names who is told, in this process, of waits for others that belong to no step of a run: while planning, and while
 * stored data is looked at. A step's waits are events, `step_waiting`.
 */
export function onWaiting(tell: ((holder: string) => void) | undefined): void {
  told = tell
}

/** Tells of a wait for `holder`, where somebody asked for it. */
export function tellWaiting(holder: string): void {
  told?.(holder)
}
