import { extname } from "node:path"

/** What esbuild calls the languages of modules, by the ending of their files. */
const loaders = {
  ".ts": "ts",
  ".mts": "ts",
  ".cts": "ts",
  ".tsx": "tsx",
  ".js": "js",
  ".mjs": "js",
  ".cjs": "js",
  ".jsx": "jsx",
} as const

export type ModuleLoader = (typeof loaders)[keyof typeof loaders]

/** The language of a module; undefined for a file that is none. */
export function moduleLoader(file: string): ModuleLoader | undefined {
  const extension = extname(file)
  return Object.hasOwn(loaders, extension) ? loaders[extension as keyof typeof loaders] : undefined // hasOwn has just said so
}
