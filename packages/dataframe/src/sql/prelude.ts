import { powerOfTen } from "../function/printed-call.ts"
import { bound, invoke, isNullText, type Sql, sql, textLiteral } from "../function/sql-fragment.ts"
import { lowerCase, titleCase, upperCase } from "./case-mapping.ts"
import { timeMacros } from "./prelude-time.ts"

type Pairs = readonly (readonly [from: string, to: string])[]

/** A character class of the letters that a mapping starts from. */
function letters(pairs: Pairs): Sql {
  return textLiteral(`[${pairs.map(([from]) => from).join("")}]`)
}

/**
 * Maps each letter of a text by a table, and by `otherwise` what the table has not. Only texts that hold such a letter get
 * here. A place in two constants is far cheaper to bind than a call of `replace` for each letter.
 */
function mapped(text: Sql, pairs: Pairs, otherwise: "upper" | "lower"): Sql {
  const from = textLiteral(pairs.map(([letter]) => letter).join(""))
  const to = textLiteral(pairs.map(([, letters]) => letters).join(","))
  const letter = sql`CASE WHEN instr(${from}, c) > 0 THEN split_part(${to}, ',', CAST(instr(${from}, c) AS INTEGER)) ELSE ${invoke(otherwise, sql`c`)} END`
  return sql`array_to_string(list_transform(regexp_extract_all(${text}, '(?s:.)'), lambda c: ${letter}), '')`
}

/** Takes a class of characters away from both ends. DuckDB's own `trim` builds its set of characters for each row. */
function trimmed(characters: string): Sql {
  return sql`regexp_replace(s, ${textLiteral(`^[${characters}]+|[${characters}]+$`)}, '', 'g')`
}

const letterClass = "\\p{Lu}\\p{Ll}\\p{Lt}"
/** What does not part a letter from a sigma. */
const passedOver = "\\p{Mn}\\p{Me}\\p{Cf}\\p{Lm}\\p{Sk}'.:·’"
const finalSigma = textLiteral(
  `([${letterClass}][${passedOver}]*)Σ([${passedOver}]*(?:[^${letterClass}${passedOver}]|$))`,
)

const isAscii = sql`strlen(s) = length(s)`

const asciiMask = sql`CASE WHEN c < '0' THEN c WHEN c <= '9' THEN 'n' WHEN c >= 'a' AND c <= 'z' THEN 'x' WHEN c >= 'A' AND c <= 'Z' THEN 'X' ELSE c END`

const textMacros: readonly Sql[] = [
  // Java's String.trim, and Spark's trimAll.
  sql`spark_trim(s) AS ${trimmed("\\x00-\\x20")}`,
  sql`spark_trim_all(s) AS ${trimmed("\\x00-\\x20\\x7F")}`,
  sql`spark_upper(s) AS CASE WHEN ${isAscii} OR NOT regexp_matches(s, ${letters(upperCase)}) THEN upper(s) ELSE ${mapped(sql`s`, upperCase, "upper")} END`,
  // A capital sigma at a word's end has a form of its own.
  sql`spark_sigmas(s) AS CASE WHEN contains(s, 'Σ') THEN regexp_replace(s, ${finalSigma}, '\\1ς\\2', 'g') ELSE s END`,
  sql`spark_lower(s) AS CASE WHEN ${isAscii} THEN lower(s) WHEN NOT regexp_matches(s, ${letters(lowerCase)}) THEN lower(spark_sigmas(s)) ELSE ${mapped(sql`spark_sigmas(s)`, lowerCase, "lower")} END`,
  sql`spark_title(s) AS CASE WHEN strlen(s) <= 1 OR NOT regexp_matches(s, ${letters(titleCase)}) THEN upper(s) ELSE ${mapped(sql`s`, titleCase, "upper")} END`,
  // A lambda compiles the patterns in it anew for each chunk, so lower case is made outside. A blank ends a word for the
  // sigma, too: the words of the lower text are the lower words.
  sql`spark_initcap(s) AS CASE WHEN ${isAscii} THEN array_to_string(list_transform(string_split(lower(s), ' '), lambda w: upper(left(w, 1)) || substring(w, 2)), ' ') WHEN s IS NOT NULL THEN array_to_string(list_transform(list_zip(string_split(s, ' '), string_split(spark_lower(s), ' ')), lambda w: spark_title(left(w[1], 1)) || substring(w[2], CASE WHEN left(w[1], 1) = 'İ' THEN 3 ELSE 2 END)), ' ') END`,
  sql`spark_mask(s) AS CASE WHEN ${isAscii} THEN array_to_string(list_transform(string_split(s, ''), lambda c: ${asciiMask}), '') ELSE regexp_replace(regexp_replace(regexp_replace(s, '\\p{Lu}', 'X', 'g'), '\\p{Ll}', 'x', 'g'), '\\p{Nd}', 'n', 'g') END`,
  sql`spark_start(s, n) AS CASE WHEN n > 0 THEN CAST(n AS BIGINT) - 1 WHEN n < 0 THEN CAST(length(s) AS BIGINT) + n ELSE CAST(0 AS BIGINT) END`,
  sql`spark_substring(s, n, k) AS CASE WHEN s IS NOT NULL AND n IS NOT NULL AND k IS NOT NULL THEN substring(s, greatest(spark_start(s, n), 0) + 1, greatest(least(spark_start(s, n) + greatest(CAST(k AS BIGINT), 0), 2147483647) - greatest(spark_start(s, n), 0), 0)) END`,
  sql`spark_lpad(s, n, p) AS CASE WHEN s IS NULL OR n IS NULL OR p IS NULL THEN NULL WHEN n <= length(s) OR p = '' THEN substring(s, 1, greatest(n, 0)) ELSE lpad(s, n, p) END`,
  sql`spark_rpad(s, n, p) AS CASE WHEN s IS NULL OR n IS NULL OR p IS NULL THEN NULL WHEN n <= length(s) OR p = '' THEN substring(s, 1, greatest(n, 0)) ELSE rpad(s, n, p) END`,
  sql`spark_locate(p, s, n) AS CASE WHEN n IS NULL THEN 0 WHEN p IS NULL OR s IS NULL THEN NULL WHEN n < 1 THEN 0 WHEN p = '' THEN 1 WHEN instr(substring(s, n), p) > 0 THEN CAST(instr(substring(s, n), p) + n - 1 AS INTEGER) ELSE 0 END`,
]

/** The letters of each sound of Soundex, from 1; a, e, i, o, u and y part two alike, h and w do not. */
const sounds = ["BFPVbfpv", "CGJKQSXZcgjkqsxz", "DTdt", "Ll", "MNmn", "Rr"]
const sound = sounds.map(letters => `[${letters}](?:[HWhw]*[${letters}])*`).join("|")
const silence = `[^${sounds.join("")}]*`
/** The first letter with what sounds like it, and the next three sounds. */
const firstSounds = textLiteral(`^(?:${sound}|[A-Za-z])${silence}(${sound})?${silence}(${sound})?${silence}(${sound})?`)
const soundDigit = (letters: Sql) =>
  sql`CASE WHEN ${letters} = '' THEN '' ELSE substring('01230120022455012623010202', ascii(upper(${letters})) - 64, 1) END`

const characters = (text: Sql) => sql`regexp_extract_all(${text}, '(?s:.)')`

const soundMacros: readonly Sql[] = [
  sql`spark_soundex(s) AS CASE WHEN regexp_matches(s, '^[A-Za-z]') THEN ${bound(sql`regexp_extract(s, ${firstSounds}, ['a', 'b', 'c'])`, sql`sounds_`, z => sql`rpad(upper(left(s, 1)) || ${soundDigit(sql`${z}.a`)} || ${soundDigit(sql`${z}.b`)} || ${soundDigit(sql`${z}.c`)}, 4, '0')`)} ELSE s END`,
  // One row of the table after the other, each from the former; DuckDB's own counts bytes.
  sql`spark_edit_row(former, e, t) AS list_reduce(list_transform(${characters(sql`t`)}, lambda c: {'r': CAST([] AS INTEGER[]), 'c': c}), lambda a, f: {'r': list_append(a.r, least(a.r[-1] + 1, former[len(a.r) + 1] + 1, former[len(a.r)] + CASE WHEN e = f.c THEN 0 ELSE 1 END)), 'c': ''}, {'r': [former[1] + 1], 'c': ''}).r`,
  sql`spark_levenshtein(s, t) AS CASE WHEN s IS NULL OR t IS NULL THEN NULL WHEN strlen(s) = length(s) AND strlen(t) = length(t) THEN CAST(levenshtein(s, t) AS INTEGER) WHEN s = '' OR t = '' THEN CAST(length(s) + length(t) AS INTEGER) ELSE list_reduce(list_transform(${characters(sql`s`)}, lambda c: {'r': CAST([] AS INTEGER[]), 'c': c}), lambda acc, e: {'r': spark_edit_row(acc.r, e.c, t), 'c': ''}, {'r': CAST(range(length(t) + 1) AS INTEGER[]), 'c': ''}).r[-1] END`,
]

const booleanWords = (s: Sql) => sql`lower(spark_trim_all(${s}))`
const trueWords = sql`('t', 'true', 'y', 'yes', '1')`
const falseWords = sql`('f', 'false', 'n', 'no', '0')`

/**
 * Division of whole numbers of 128 bits, rounded half up, away from zero. DuckDB's own goes bit by bit. A step adds an
 * estimate by doubles to the quotient q and takes it from the rest r, exactly: r is less than 2^-51 of what it was, or not
 * more than half of the divisor and a bit. Three of them do for quotients of up to 2^127; what is left then, of 1.5
 * divisors at most, is compared with half of the divisor.
 */
const estimate = sql`CAST(CAST(z.r AS DOUBLE) / z.d AS HUGEINT)`
const divisionMacros: readonly Sql[] = [
  sql`spark_divide_start(n, d) AS {'sign': CASE WHEN (n < 0) = (d < 0) THEN 1 ELSE -1 END, 'q': CAST(0 AS HUGEINT), 'r': abs(n), 'd': abs(d)}`,
  sql`spark_divide_step(z) AS {'sign': z.sign, 'q': z.q + ${estimate}, 'r': z.r - ${estimate} * z.d, 'd': z.d}`,
  sql`spark_divide_end(z) AS z.sign * (z.q + CASE WHEN z.r * 2 >= z.d THEN 1 WHEN z.r * 2 < -z.d THEN -1 ELSE 0 END)`,
  // For |n| up to 10^38 and |d| up to 10^37.
  sql`spark_divide_half_up(n, d) AS list_transform(list_transform(list_transform(list_transform(list_transform([{'n': n, 'd': d}], lambda z: spark_divide_start(z.n, z.d)), lambda z: spark_divide_step(z)), lambda z: spark_divide_step(z)), lambda z: spark_divide_step(z)), lambda z: spark_divide_end(z))[1]`,
  // The same for n × unit ÷ d where n × unit would pass 38 digits: first the whole part, then the rest.
  sql`spark_divide_parts(n, d, unit) AS list_transform([list_transform([struct_pack(n := n, d := d)], lambda z: struct_pack(q := (z.n // z.d) * unit, r := (z.n % z.d) * unit, d := z.d, negative := (z.n < 0) <> (z.d < 0)))[1]], lambda z: z.q + z.r // z.d + CASE WHEN abs(z.r % z.d) >= abs(z.d) - abs(z.r % z.d) THEN (CASE WHEN z.negative THEN -1 ELSE 1 END) ELSE 0 END)[1]`,
  sql`spark_divide_long(n, d, unit) AS ${bound(sql`{'n': n, 'd': d}`, sql`both_`, z => sql`CASE WHEN abs(${z}.n) <= ${powerOfTen(38)} // unit AND abs(${z}.d) <= ${powerOfTen(37)} THEN spark_divide_half_up(${z}.n * unit, ${z}.d) ELSE spark_divide_parts(${z}.n, ${z}.d, unit) END`)}`,
]

const numberMacros: readonly Sql[] = [
  sql`spark_to_boolean(s) AS CASE WHEN ${isNullText(sql`s`)} THEN NULL WHEN ${booleanWords(sql`s`)} IN ${trueWords} THEN TRUE WHEN ${booleanWords(sql`s`)} IN ${falseWords} THEN FALSE ELSE CAST('[CAST_INVALID_INPUT]' AS BOOLEAN) END`,
  sql`spark_try_to_boolean(s) AS CASE WHEN ${booleanWords(sql`s`)} IN ${trueWords} THEN TRUE WHEN ${booleanWords(sql`s`)} IN ${falseWords} THEN FALSE END`,
  // Java rounds what is too large to infinity, where DuckDB raises.
  sql`spark_to_float(x) AS CASE WHEN abs(x) >= 3.4028235677973366e38 AND NOT isinf(x) AND NOT isnan(x) THEN CAST(CASE WHEN x > 0 THEN 'Infinity' ELSE '-Infinity' END AS FLOAT) ELSE CAST(x AS FLOAT) END`,
  // Java's text of a double from the shortest digits: v is the text without its sign.
  sql`spark_number_text(v, negative, big, small) AS (CASE WHEN negative THEN '-' ELSE '' END) || (CASE
    WHEN contains(v, 'e') THEN (CASE WHEN contains(split_part(v, 'e', 1), '.') THEN split_part(v, 'e', 1) ELSE split_part(v, 'e', 1) || '.0' END) || 'E' || CAST(CAST(split_part(v, 'e', 2) AS INTEGER) AS VARCHAR)
    WHEN big THEN v[1] || '.' || coalesce(nullif(rtrim(replace(v, '.', '')[2:], '0'), ''), '0') || 'E' || CAST(length(split_part(v, '.', 1)) - 1 AS VARCHAR)
    WHEN small THEN ltrim(split_part(v, '.', 2), '0')[1] || '.' || coalesce(nullif(ltrim(split_part(v, '.', 2), '0')[2:], ''), '0') || 'E-' || CAST(length(split_part(v, '.', 2)) - length(ltrim(split_part(v, '.', 2), '0')) + 1 AS VARCHAR)
    ELSE v END)`,
  sql`spark_special_text(x) AS CASE WHEN isnan(x) THEN 'NaN' WHEN x > 0 THEN 'Infinity' ELSE '-Infinity' END`,
  sql`spark_double_to_string(x) AS CASE WHEN (abs(x) >= 1e-3 AND abs(x) < 1e7) OR x = 0 THEN CAST(x AS VARCHAR) WHEN isnan(x) OR isinf(x) THEN spark_special_text(x) WHEN abs(x) = 5e-324 THEN (CASE WHEN x < 0 THEN '-' ELSE '' END) || '4.9E-324' ELSE spark_number_text(ltrim(CAST(x AS VARCHAR), '-'), starts_with(CAST(x AS VARCHAR), '-'), abs(x) >= 1e7, abs(x) < 1e-3 AND x <> 0) END`,
  sql`spark_float_to_string(x) AS CASE WHEN isnan(x) OR isinf(x) THEN spark_special_text(x) WHEN CAST(abs(x) AS DOUBLE) BETWEEN 1e-46 AND 2e-45 THEN (CASE WHEN x < 0 THEN '-' ELSE '' END) || '1.4E-45' ELSE spark_number_text(ltrim(CAST(x AS VARCHAR), '-'), starts_with(CAST(x AS VARCHAR), '-'), abs(x) >= CAST(1e7 AS FLOAT), abs(x) < CAST(1e-3 AS FLOAT) AND x <> 0) END`,
  // A number's text without its exponent: DuckDB 1.5 misreads '9.999999747378752e-05' as DECIMAL(10,2).
  sql`spark_plain_parts(sign, whole, fraction, exponent) AS sign || CASE WHEN length(whole) + exponent <= 0 THEN '0.' || repeat('0', least(-(length(whole) + exponent), 400)) || whole || fraction WHEN length(whole) + exponent >= length(whole || fraction) THEN whole || fraction || repeat('0', least(length(whole) + exponent - length(whole || fraction), 400)) ELSE substring(whole || fraction, 1, length(whole) + exponent) || '.' || substring(whole || fraction, length(whole) + exponent + 1) END`,
  sql`spark_plain(v) AS CASE WHEN contains(v, 'e') THEN spark_plain_parts(CASE WHEN v[1] = '-' THEN '-' ELSE '' END, split_part(split_part(ltrim(v, '+-'), 'e', 1), '.', 1), split_part(split_part(ltrim(v, '+-'), 'e', 1), '.', 2), CAST(CASE WHEN length(split_part(v, 'e', 2)) > 6 THEN (CASE WHEN split_part(v, 'e', 2)[1] = '-' THEN '-999' ELSE '999' END) ELSE split_part(v, 'e', 2) END AS BIGINT)) ELSE v END`,
  // The digits of a decimal of at most 18, with `unit` up to 10^15: those behind the point are exact in a double.
  sql`spark_units(x, unit) AS CAST(trunc(x) AS BIGINT) * unit + CAST(CAST(x - trunc(x) AS DOUBLE) * unit AS BIGINT)`,
  // Whether a product of two decimals of 18 digits, computed by doubles, is not near a middle. A factor is off by no more
  // than 2^-52 of it, each of the multiplications by 2^-53: together by less than 10^-15. So nothing from 5 × 10^14 on is.
  sql`spark_is_clear(x) AS abs(x - floor(x) - 0.5e0) > abs(x) * 1e-15`,
  ...divisionMacros,
]

/**
 * Macros that printed SQL calls. They live in the connection, not in its database file. An error is raised by a cast
 * that fails: `error()` is volatile, which breaks TRY and lets filters run before the conditions that guard them.
 */
export const duckdbPrelude: readonly string[] = [...textMacros, ...soundMacros, ...numberMacros, ...timeMacros].map(
  macro => sql`CREATE OR REPLACE TEMP MACRO ${macro}`.text,
)
