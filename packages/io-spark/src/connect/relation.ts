import { create } from "@bufbuild/protobuf"
import { type Expression, ExpressionSchema, type Relation, RelationSchema } from "../generated/spark_connect_pb.ts"
import { type LiteralInput, literalOf } from "./literal.ts"

/** Rows that a server can compute: made by the functions of this file, read by no one but the server. */
export type SparkRelation = Relation

/** Values of a statement: those of `:name`s by name, or those of `?`s in their order. */
export type SqlArguments = readonly LiteralInput[] | { readonly [name: string]: LiteralInput }

/** The rows of one statement of Spark SQL. */
export function sql(query: string, args: SqlArguments = []): SparkRelation {
  const value = Array.isArray(args)
    ? { query, posArguments: args.map(literalExpression) }
    : {
        query,
        namedArguments: Object.fromEntries(Object.entries(args).map(([name, arg]) => [name, literalExpression(arg)])),
      }
  return relationOf({ case: "sql", value })
}

export interface FilesToRead {
  /** `parquet`, `csv`, `json`, `orc`, `delta`, … */
  readonly format: string
  readonly paths: readonly string[]
  /** Columns and types as DDL. Without it Spark looks into the files, and guesses the types of folder columns. */
  readonly schema?: string
  readonly options?: { readonly [name: string]: string }
}

/** The rows of files. */
export function readFiles({ format, paths, schema, options = {} }: FilesToRead): SparkRelation {
  const value = { format, paths: [...paths], options: { ...options }, ...(schema !== undefined && { schema }) }
  return relationOf({ case: "read", value: { readType: { case: "dataSource", value } } })
}

/** The rows of a table or a view, by its name as SQL spells it. */
export function readTable(name: string, options: { readonly [name: string]: string } = {}): SparkRelation {
  const value = { unparsedIdentifier: name, options: { ...options } }
  return relationOf({ case: "read", value: { readType: { case: "namedTable", value } } })
}

/**
 * Rows that travel with the plan: an Arrow stream, which may hold no dictionaries, and the columns to cast it to as DDL.
 * Without a stream there are no rows.
 */
export function localRelation(stream: Uint8Array | undefined, schema: string): SparkRelation {
  return relationOf({ case: "localRelation", value: { schema, ...(stream && { data: stream }) } })
}

/** Rows that were uploaded before, by the hash of the one artifact. */
export function cachedRelation(hash: string): SparkRelation {
  return relationOf({ case: "cachedLocalRelation", value: { hash } })
}

/** Rows that were uploaded before, by the hashes of their artifacts. */
export function chunkedRelation(dataHashes: readonly string[], schemaHash: string): SparkRelation {
  return relationOf({ case: "chunkedCachedLocalRelation", value: { dataHashes: [...dataHashes], schemaHash } })
}

/** The same rows; when they are computed, expressions such as `count(*) as rows` are computed of them in the same pass. */
export function collectMetrics(input: SparkRelation, name: string, expressions: readonly string[]): SparkRelation {
  const metrics = expressions.map(expression =>
    create(ExpressionSchema, { exprType: { case: "expressionString", value: { expression } } }),
  )
  return relationOf({ case: "collectMetrics", value: { input, name, metrics } })
}

type RelationInit = NonNullable<Parameters<typeof create<typeof RelationSchema>>[1]>

function relationOf(relType: NonNullable<RelationInit["relType"]>): SparkRelation {
  return create(RelationSchema, { relType })
}

function literalExpression(value: LiteralInput): Expression {
  return create(ExpressionSchema, { exprType: { case: "literal", value: literalOf(value) } })
}
