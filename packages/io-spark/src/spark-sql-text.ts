import { isS3Url } from "@assets/core"
import { type Schema, sparkTypeText } from "@assets/dataframe"

/** A name between backticks. */
export function quoteName(name: string): string {
  return `\`${name.replaceAll("`", "``")}\``
}

/**
 * A path as Spark takes it: local ones with their scheme, so that no default file system of a cluster is meant, and objects
 * of S3 by Hadoop's name for its client.
 */
export function sparkPath(path: string): string {
  if (isS3Url(path)) return `s3a${path.slice(path.indexOf(":"))}`
  return path.startsWith("/") ? `file://${path}` : path
}

/** The columns of a schema as DDL, names quoted: ``` `id` BIGINT, `name` STRING```. */
export function columnDefinitions(schema: Schema): string {
  return schema.columns.map(({ name, type }) => `${quoteName(name)} ${sparkTypeText(type)}`).join(", ")
}

/** No rows of this schema. */
export function emptySelect(schema: Schema): string {
  const columns = schema.columns.map(({ name, type }) => `CAST(NULL AS ${sparkTypeText(type)}) AS ${quoteName(name)}`)
  return `SELECT ${columns.join(", ")} WHERE false`
}

/** A text between quotes. */
export function quoteText(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`
}
