import { execFileSync } from "node:child_process"
import { existsSync } from "node:fs"
import { type Browser, chromium } from "playwright-core"

const flags = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
]

function onPath(): string | undefined {
  try {
    return execFileSync("which", ["chromium"], { encoding: "utf8" }).trim() || undefined
  } catch {
    return undefined // `which` ends with 1 when there is none
  }
}

function find(): string | undefined {
  const { CHROMIUM_PATH } = process.env
  if (CHROMIUM_PATH) return CHROMIUM_PATH
  return existsSync("/usr/bin/chromium") ? "/usr/bin/chromium" : onPath()
}

const executable = find()

/**
 * Whether the tests that need a browser are skipped: there is none on this machine. In CI they run, and fail for the
 * want of it, so that nobody takes an untested page for a tested one.
 */
export const skipsBrowser = executable === undefined && !process.env.CI

if (skipsBrowser) {
  console.warn("The browser tests are skipped: no chromium; run scripts/install-chromium.sh, or set CHROMIUM_PATH.")
}

export function launchChromium(): Promise<Browser> {
  if (executable === undefined) throw new Error("No chromium: run scripts/install-chromium.sh, or set CHROMIUM_PATH.")
  return chromium.launch({ executablePath: executable, args: flags })
}
