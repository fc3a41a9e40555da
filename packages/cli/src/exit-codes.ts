/** The exit codes of the command. */
export const exitCodes = { done: 0, failed: 1, wrongUse: 2, cancelled: 130 } as const
