#!/usr/bin/env node
import module from "node:module"

// From Node 22 on, compiled code is kept between starts.
const { enableCompileCache } = module as { enableCompileCache?: () => void } // not in the types of Node 20
enableCompileCache?.()
const { runProgram } = await import("./run-program.ts")
await runProgram(process.argv.slice(2))
