import { readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import type { Command } from "commander"
import { describe, expect, test } from "vitest"
import { createProgram } from "../../packages/cli/src/program.ts"

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const path = join(root, "docs/reference/cli.md")
const start = "<!-- commands: made by tests/docs/cli-reference.test.ts, UPDATE_REFERENCE=1 writes them -->"
const end = "<!-- end of commands -->"

/** A command without the help that each has. */
const own = (command: Command) => command.commands.filter(one => one.name() !== "help")

function pathOf(command: Command): string {
  return command.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name()
}

function options(command: Command): string[] {
  const rows = command.options.map(option => {
    const preset = option.defaultValue === undefined || option.negate ? "" : ` Default: \`${option.defaultValue}\`.`
    const choices = option.argChoices ? `: ${option.argChoices.map(choice => `\`${choice}\``).join(", ")}` : ""
    return `| \`${option.flags}\` | ${option.description}${choices}.${preset} |`
  })
  return rows.length === 0 ? [] : ["", "| option | meaning |", "| --- | --- |", ...rows]
}

function section(command: Command): string[] {
  const usage = [
    pathOf(command),
    ...(command.options.length > 0 ? ["[options]"] : []),
    ...command.registeredArguments.map(argument => {
      const name = `${argument.name()}${argument.variadic ? "..." : ""}`
      return argument.required ? `<${name}>` : `[${name}]`
    }),
  ]
  const about = command.description()
  return [
    "",
    `### ${pathOf(command).replace(/^assets /, "")}`,
    "",
    `\`${usage.join(" ")}\``,
    "",
    `${about[0]?.toUpperCase()}${about.slice(1)}.`,
    ...command.registeredArguments.flatMap(one => ["", `\`${one.name()}\`: ${one.description}.`]),
    ...options(command),
  ]
}

function commands(command: Command): string[] {
  return own(command).flatMap(one => (own(one).length > 0 ? commands(one) : section(one)))
}

/** The part of the page that follows from the program. */
function generated(): string {
  const program = createProgram()
  return [start, "", "### Every command", ...options(program), ...commands(program), "", end].join("\n")
}

describe("docs/reference/cli.md", () => {
  test("says what the program says, for each command and option and no other", () => {
    const page = readFileSync(path, "utf8")
    const written = page.slice(page.indexOf(start), page.indexOf(end) + end.length)
    if (process.env.UPDATE_REFERENCE)
      writeFileSync(
        path,
        page.replace(written, () => generated()),
      )
    else expect(written).toBe(generated())
  })

  test("each option has a description", () => {
    const bare = (command: Command): string[] => [
      ...command.options.filter(option => !option.description).map(option => `${pathOf(command)} ${option.flags}`),
      ...own(command).flatMap(bare),
    ]
    expect(bare(createProgram())).toEqual([])
  })
})
