import type { Engine } from "../engine/engine.ts"
import type { IOManager } from "../io/io-manager.ts"
import type { Resource } from "./resource.ts"

/** Where assets are computed and where they rest. What changes between a laptop and a cluster is here and nowhere else. */
export interface EnvironmentConfig {
  /**
   * Inherits the settings of another environment that this one does not set. What holds things by name or by selection
   * (`engines`, `ios`, `pools`, `vars`, `resources`, `route`, `sources`) is inherited one by one.
   */
  readonly extends?: string
  /** The engine named `default`. Left out, the IO manager's own. */
  readonly engine?: Engine
  /** The IO manager named `default`. */
  readonly io?: IOManager
  readonly engines?: { readonly [name: string]: Engine }
  readonly ios?: { readonly [name: string]: IOManager }
  /** Selection → names of the engine and the IO manager that it uses. The last match wins. */
  readonly route?: { readonly [selection: string]: { readonly engine?: string; readonly io?: string } }
  /** Root of the sources' relative paths, for all or by selection. Default: the config's folder. */
  readonly sources?: string | { readonly [selection: string]: string }
  /** Named concurrency limits. */
  readonly pools?: { readonly [name: string]: number }
  /**
   * What `${NAME}` in the environment's texts stands for, before the process's variables. Texts are expanded when the
   * environment is used, and not before.
   */
  readonly vars?: { readonly [name: string]: string }
  /** What functions of assets find in `ctx.resources`, by name. */
  readonly resources?: readonly Resource[]
  /** IANA zone of both engines. Default `UTC`. */
  readonly timeZone?: string
  /**
   * Environments whose stored data may be read in place of computing it. Their storage keeps versions, and this
   * environment writes to none of its places.
   */
  readonly reuse?: readonly string[]
  /**
   * When what a run makes becomes current: each asset after its step, or with `run` all of them at once, when the run has
   * succeeded. Default `step`. `run` needs IO managers that keep versions.
   */
  readonly publish?: "step" | "run"
  /** Megabytes above which a source's file is told by size, mtime and inode, and not by a hash of it. Default 256. */
  readonly hashLimitMB?: number
  /** The folder of the event log. */
  readonly state?: { readonly path: string }
  /** What is current outlives the death of any process; with `power`, which waits for the disk, the loss of power too. */
  readonly durability?: "process" | "power"
}

export interface ProjectConfig {
  /** Globs of modules that declare assets, relative to the config's folder. */
  readonly assets?: readonly string[]
  readonly defaultEnvironment?: string
  readonly environments: { readonly [name: string]: EnvironmentConfig }
  readonly state?: { readonly path: string }
}

/** Returns its argument, typed: the config of a project. */
export function defineConfig(config: ProjectConfig): ProjectConfig {
  return config
}
