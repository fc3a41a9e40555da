import type { Engine, EngineSession, Json, LazyValue, RecordBatch, Relation, Schema, ValueType } from "@assets/core"

/** A row of a fake table. */
export type Row = { readonly [column: string]: Json }

interface FakeBatch extends RecordBatch {
  readonly rows: readonly Row[]
}

interface FakeRelation extends Relation {
  readonly kind: "fake"
  rows(): readonly Row[]
}

/** What the fake engine was asked to do, in order. */
export interface FakeEngineLog {
  readonly opened: string[]
  readonly scanned: number[]
  readonly interrupted: string[]
  closed: number
}

/** A lazy table: a list of operations over named inputs, so that core can be tested without a dataframe. */
export class FakeFrame {
  readonly operations: readonly Json[]
  readonly stability: LazyValue["stability"]
  readonly #run: (inputs: ReadonlyMap<string, Relation>, now: Date, key: string | undefined) => readonly Row[]

  constructor(
    operations: readonly Json[],
    run: (inputs: ReadonlyMap<string, Relation>, now: Date, key: string | undefined) => readonly Row[],
    stability: LazyValue["stability"] = "stable",
  ) {
    this.operations = operations
    this.#run = run
    this.stability = stability
  }

  /** Adds a column with one value. */
  with(column: string, value: Json): FakeFrame {
    const run = this.#run
    const operations = [...this.operations, ["with", column, value]]
    return new FakeFrame(operations, (...x) => run(...x).map(row => ({ ...row, [column]: value })), this.stability)
  }

  /** Adds the step's partition key as a column. */
  withPartition(column: string): FakeFrame {
    const run = this.#run
    const add = (inputs: ReadonlyMap<string, Relation>, now: Date, key: string | undefined) =>
      run(inputs, now, key).map(row => ({ ...row, [column]: key ?? null }))
    return new FakeFrame([...this.operations, ["partition", column]], add, this.stability)
  }

  /** Adds the run's instant as a column, which makes the plan volatile. */
  withNow(column: string): FakeFrame {
    const run = this.#run
    const add = (inputs: ReadonlyMap<string, Relation>, now: Date, key: string | undefined) =>
      run(inputs, now, key).map(row => ({ ...row, [column]: now.toISOString() }))
    return new FakeFrame([...this.operations, ["now", column]], add, "volatile")
  }

  /** Fails while its rows are computed. */
  failing(message: string): FakeFrame {
    return new FakeFrame([...this.operations, ["failing", message]], () => {
      throw new Error(message)
    })
  }

  bind(inputs: ReadonlyMap<string, Relation>, now: Date, key: string | undefined): FakeRelation {
    return { kind: "fake", rows: () => this.#run(inputs, now, key) }
  }
}

const schema: Schema = { columns: [{ name: "id", type: "int" }] }

export interface FakeCheck {
  readonly column: string
  readonly not: Json
}

type Bound = { collect(): Promise<readonly Row[]> }
type Table = ValueType<FakeFrame, Bound, readonly Row[] | AsyncIterable<Row>, FakeCheck, { readonly key: "key" }>

/** The type of a fake table. */
export function table(description = "table"): Table {
  return {
    kind: "table",
    describe: () => description,
    columns: () => [{ name: "id", type: "int" }],
    schema: () => schema,
    input: key => new FakeFrame([["input", key]], inputs => (inputs.get(key) as FakeRelation).rows()),
    partition: () => ({ key: "key" }),
    lazy: returned => {
      const frame = returned as FakeFrame
      return {
        plan: frame.operations,
        text: frame.operations.map(operation => JSON.stringify(operation)).join("\n"),
        stability: frame.stability,
        revisions: {},
        inputs: [],
        bind: (inputs, { now, key }) => frame.bind(inputs, now, key),
      }
    },
    bind: async stored => ({ collect: async () => rowsOf(stored) }),
    output: returned => ({
      kind: "batches",
      schema,
      async *batches() {
        for await (const row of returned as AsyncIterable<Row>) yield { numRows: 1, rows: [row] } as RecordBatch
      },
    }),
    compare: async (left, right) => {
      const [before = [], after = []] = [left, right].map(stored =>
        rowsOf(stored)
          .map(row => JSON.stringify(row))
          .sort(),
      )
      const removed = before.filter(row => !after.includes(row)).length
      const added = after.filter(row => !before.includes(row)).length
      const rows = { left: before.length, right: after.length }
      const equal = removed + added === 0
      return { equal, schema: [], rows, keys: null, added, removed, changed: 0, columns: [], samples: [] }
    },
    check: async (checks, stored) =>
      checks.map(check => {
        const { column, not } = check as unknown as FakeCheck
        const badRows = rowsOf(stored).filter(row => row[column] === not).length
        const { name, severity, blocking } = check
        return { name, severity, blocking, passed: badRows === 0, badRows }
      }),
  }
}

function rowsOf(stored: unknown): readonly Row[] {
  return (stored as { readonly relation: FakeRelation }).relation.rows()
}

/** An engine that computes fake relations. */
export function fakeEngine(log: FakeEngineLog = { opened: [], scanned: [], interrupted: [], closed: 0 }): Engine {
  const session: EngineSession = {
    dialect: "duckdb",
    schema: async () => schema,
    write: () => Promise.reject(new Error("the fake engine writes no files")),
    async *batches(plan) {
      const rows = (plan as FakeRelation).rows()
      log.scanned.push(rows.length)
      yield { numRows: rows.length, rows } as RecordBatch
    },
    upload: async batches => {
      const rows: Row[] = []
      for await (const batch of batches) rows.push(...(batch as FakeBatch).rows)
      return { kind: "fake", rows: () => rows } as Relation
    },
    explain: async () => "",
    interrupt: async step => {
      log.interrupted.push(step)
    },
    close: async () => {
      log.closed++
    },
  }
  return {
    name: "fake",
    open: async context => {
      log.opened.push(context.scratch)
      return session
    },
  }
}
