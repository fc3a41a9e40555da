import type { Command } from "commander"

/** The argument of commands that are about several assets. */
export const selection = ["[selection...]", "keys or selections, their union; default: every asset"] as const

/** Which partitions a command is about; `words` are what may stand there besides keys and ranges. */
export function addPartitionOptions(command: Command, words = "all, missing or failed"): Command {
  return command
    .option("--partition <key>", "a partition key; may be repeated", listed)
    .option("--partitions <keys>", `a range A..B with both ends included, ${words}; may be repeated`, listed)
}

/** Names with commas between them. */
export function names(text: string): readonly string[] {
  return text.split(",").map(name => name.trim())
}

function listed(text: string, former: readonly string[] = []): readonly string[] {
  return [...former, text]
}
