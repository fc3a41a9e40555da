import { type Sql, sql } from "./sql-fragment.ts"

/** The characters of a text that Java counts as two: those outside of the basic plane. */
export function doubledCharacters(text: Sql): Sql {
  return sql`length(regexp_replace(${text}, '[^\\x{10000}-\\x{10FFFF}]', '', 'g'))`
}
