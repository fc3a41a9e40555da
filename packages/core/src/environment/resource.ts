import { AssetsError, UserCodeError } from "../errors/assets-error.ts"

/** What a resource knows when it is opened. */
export interface ResourceContext {
  /** The environment's name. */
  readonly environment: string
  readonly vars: { readonly [name: string]: string }
  /** Aborts when the run is cancelled. */
  readonly signal: AbortSignal
}

export interface ResourceOptions<T> {
  open(context: ResourceContext): T | Promise<T>
  /** Called once for what `open` gave, also when the run failed or was cancelled. */
  close?(value: T): void | Promise<void>
}

/** Something that functions of assets share during a run: a connection, a client. Made by `resource`; frozen. */
export interface Resource<T = unknown> {
  readonly kind: "resource"
  /** Unique in its environment. */
  readonly name: string
  readonly options: ResourceOptions<T>
  /** The resource, opened, typed: `const db = await database.from(ctx)`. */
  from(context: { readonly resources: { readonly [name: string]: unknown } }): Promise<T>
}

/**
 * Declares a resource, to be listed in an environment's `resources`. It is opened once per run when a function first
 * asks for it, shared by all steps, and closed when the run ends, those opened last first.
 */
export function resource<T>(name: string, options: ResourceOptions<T>): Resource<T> {
  return Object.freeze<Resource<T>>({
    kind: "resource",
    name,
    options,
    // The scope opened it by these same options, so that the value has their type.
    from: async ({ resources }) => (await resources[name]) as T,
  })
}

interface Opened {
  readonly resource: Resource
  readonly value: Promise<unknown>
}

/** The resources of one run. */
export class ResourceScope {
  readonly #resources: ReadonlyMap<string, Resource>
  readonly #context: ResourceContext
  /** In the order in which they were asked for. */
  readonly #opened = new Map<string, Opened>()
  #closed: Promise<void> | undefined

  /** One promise for each name; reading it opens the resource. What `ctx.resources` is. */
  readonly values: { readonly [name: string]: Promise<unknown> }

  constructor(resources: readonly Resource[], context: ResourceContext) {
    this.#resources = new Map(resources.map(one => [one.name, one]))
    this.#context = context
    const values = {}
    for (const name of this.#resources.keys()) {
      Object.defineProperty(values, name, { enumerable: true, get: () => this.get(name) })
    }
    this.values = Object.freeze(values)
  }

  /** The resource, opened on first use; an opening that failed is tried again at the next. */
  get(name: string): Promise<unknown> {
    const known = this.#opened.get(name)
    if (known) return known.value
    const resource = this.#resources.get(name)
    if (!resource || this.#closed) return Promise.reject(new Error(`The resource '${name}' is not open for use.`))
    const value = (async () => resource.options.open(this.#context))()
    this.#opened.set(name, { resource, value })
    value.catch(() => this.#opened.delete(name))
    return value
  }

  /**
   * Closes what is open, last opened first, each also when another fails. May be called again.
   * @throws UserCodeError `USER_CODE_FAILED` with the first failure as its cause
   */
  close(): Promise<void> {
    this.#closed ??= this.#closeAll()
    return this.#closed
  }

  async #closeAll(): Promise<void> {
    const failures: { readonly name: string; readonly error: unknown }[] = []
    for (const { resource, value } of [...this.#opened.values()].reverse()) {
      const settled = await value.then(
        opened => ({ opened }),
        () => undefined, // whoever opened it was told
      )
      if (!settled) continue
      try {
        await resource.options.close?.(settled.opened)
      } catch (error) {
        failures.push({ name: resource.name, error })
      }
    }
    this.#opened.clear()
    const [first] = failures
    if (first) throw closeFailed(first.name, first.error)
  }
}

function closeFailed(name: string, error: unknown): AssetsError {
  if (error instanceof AssetsError) return error
  return new UserCodeError("USER_CODE_FAILED", {
    what: `The resource '${name}' could not be closed: ${error instanceof Error ? error.message : String(error)}`,
    why: "Its close() threw. The other resources were closed.",
    fix: "Mend close(), or let it pass over what is closed already.",
    cause: error,
    details: { resource: name },
  })
}
