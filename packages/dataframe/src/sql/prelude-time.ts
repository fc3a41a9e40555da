import { type Sql, sql, textLiteral } from "../function/sql-fragment.ts"

const zone = sql`current_setting('TimeZone')`
const dayMicros = sql`86400000000`

/** A text that DuckDB reads as Spark does, hour and minute in range. */
const plainTimestamp = textLiteral("[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,6})?)?")
const outOfRange = textLiteral("[ T](2[4-9]|[3-9][0-9])|:[6-9]")
const plainDate = textLiteral("[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}")
const anyDate = textLiteral("[+-]?[0-9]{4,7}(-[0-9]{1,2}(-[0-9]{1,2}((?s:[ T].*))?)?)?")
const anyTimestamp = textLiteral(
  "[+-]?[0-9]{4,6}(-[0-9]{1,2}(-[0-9]{1,2}([ T]([01]?[0-9]|2[0-3])(:[0-5]?[0-9](:[0-5]?[0-9]([.][0-9]*)?)?)?( ?(Z|UTC|GMT|[+-][0-9]{1,2}:?[0-9]{2}|[A-Z][A-Za-z_]+/[A-Za-z_/]+))?)?)?)?",
)

const isPlain = sql`regexp_full_match(s, ${plainTimestamp}) AND NOT regexp_matches(s, ${outOfRange})`

/** Dates, timestamps and their texts. A text of a time alone takes today's date in Spark, and is refused here. */
export const timeMacros: readonly Sql[] = [
  // A wall clock as an instant, as java.time does it: the earlier offset where a clock is set back, moved by the gap
  // where it is set forward. ICU takes the later offset.
  sql`spark_offset_before(l, tz) AS epoch_us(l - INTERVAL 1 DAY) - epoch_us(timezone(tz, l - INTERVAL 1 DAY))`,
  sql`spark_local_to_ts(l, tz) AS CASE WHEN timezone(tz, make_timestamptz(epoch_us(l) - spark_offset_before(l, tz))) = l OR timezone(tz, timezone(tz, l)) <> l THEN make_timestamptz(epoch_us(l) - spark_offset_before(l, tz)) ELSE timezone(tz, l) END`,
  sql`spark_wall_to_ts(l) AS CASE WHEN ${zone} IN ('UTC', 'Etc/UTC') THEN make_timestamptz(epoch_us(l)) ELSE spark_local_to_ts(l, ${zone}) END`,
  sql`spark_epoch_seconds(ts) AS CASE WHEN epoch_us(ts) % 1000000 < 0 THEN epoch_us(ts) // 1000000 - 1 ELSE epoch_us(ts) // 1000000 END`,
  sql`spark_wall_of_day(ts) AS epoch_us(ts) - (((epoch_us(CAST(ts AS TIMESTAMP)) % ${dayMicros}) + ${dayMicros}) % ${dayMicros})`,
  // The start of the day by the offset of the instant, when that is the start of the day by the clock too.
  sql`spark_trunc_day(ts) AS CASE WHEN CAST(make_timestamptz(spark_wall_of_day(ts)) AS TIMESTAMP) = date_trunc('day', CAST(ts AS TIMESTAMP)) THEN make_timestamptz(spark_wall_of_day(ts)) ELSE spark_wall_to_ts(date_trunc('day', CAST(ts AS TIMESTAMP))) END`,
  sql`spark_offset_text(s) AS CASE WHEN s = 0 THEN 'Z' ELSE (CASE WHEN s < 0 THEN '-' ELSE '+' END) || lpad(CAST(abs(s) // 3600 AS VARCHAR), 2, '0') || ':' || lpad(CAST(abs(s) // 60 % 60 AS VARCHAR), 2, '0') END`,
  sql`spark_date_parts(t) AS make_date(CAST(regexp_extract(t, '^[+-]?[0-9]+', 0) AS INTEGER), CAST(coalesce(nullif(regexp_extract(t, '^[+-]?[0-9]+-([0-9]{1,2})', 1), ''), '1') AS INTEGER), CAST(coalesce(nullif(regexp_extract(t, '^[+-]?[0-9]+-[0-9]{1,2}-([0-9]{1,2})', 1), ''), '1') AS INTEGER))`,
  sql`spark_to_date(s) AS CASE WHEN s IS NULL THEN NULL WHEN regexp_full_match(s, ${plainDate}) THEN CAST(s AS DATE) WHEN regexp_full_match(spark_trim_all(s), ${anyDate}) THEN spark_date_parts(spark_trim_all(s)) ELSE CAST('[CAST_INVALID_INPUT]' AS DATE) END`,
  sql`spark_try_to_date(s) AS CASE WHEN regexp_full_match(s, ${plainDate}) THEN TRY_CAST(s AS DATE) WHEN regexp_full_match(spark_trim_all(s), ${anyDate}) THEN TRY(spark_date_parts(spark_trim_all(s))) END`,
  sql`spark_part(t, pattern) AS coalesce(nullif(regexp_extract(t, pattern, 1), ''), '0')`,
  sql`spark_ts_local(t) AS make_timestamp(epoch_us(spark_date_parts(t)) + CAST(spark_part(t, '[ T]([0-9]{1,2})') AS BIGINT) * 3600000000 + CAST(spark_part(t, '[ T][0-9]{1,2}:([0-9]{1,2})') AS BIGINT) * 60000000 + CAST(spark_part(t, '[ T][0-9]{1,2}:[0-9]{1,2}:([0-9]{1,2})') AS BIGINT) * 1000000 + CAST(rpad(left(regexp_extract(t, '[.]([0-9]*)', 1), 6), 6, '0') AS BIGINT))`,
  sql`spark_ts_zone(t) AS regexp_extract(t, '[ T][0-9:.]+ ?([A-Z+-].*)$', 1)`,
  sql`spark_ts_parts(t) AS CASE WHEN spark_ts_zone(t) = '' THEN spark_local_to_ts(spark_ts_local(t), ${zone}) WHEN spark_ts_zone(t) IN ('Z', 'UTC', 'GMT') THEN make_timestamptz(epoch_us(spark_ts_local(t)))
    WHEN regexp_matches(spark_ts_zone(t), '^[+-]') THEN make_timestamptz(epoch_us(spark_ts_local(t)) - (CASE WHEN spark_ts_zone(t)[1] = '-' THEN -60000000 ELSE 60000000 END) * (CAST(regexp_extract(spark_ts_zone(t), '^.([0-9]{1,2})', 1) AS BIGINT) * 60 + CAST(right(spark_ts_zone(t), 2) AS BIGINT)))
    ELSE spark_local_to_ts(spark_ts_local(t), spark_ts_zone(t)) END`,
  sql`spark_to_timestamp(s) AS CASE WHEN s IS NULL THEN NULL WHEN ${isPlain} THEN spark_wall_to_ts(CAST(s AS TIMESTAMP)) WHEN regexp_full_match(spark_trim_all(s), ${anyTimestamp}) THEN spark_ts_parts(spark_trim_all(s)) ELSE CAST('[CAST_INVALID_INPUT]' AS TIMESTAMP WITH TIME ZONE) END`,
  sql`spark_try_to_timestamp(s) AS CASE WHEN ${isPlain} THEN spark_wall_to_ts(TRY_CAST(s AS TIMESTAMP)) WHEN regexp_full_match(spark_trim_all(s), ${anyTimestamp}) THEN TRY(spark_ts_parts(spark_trim_all(s))) END`,
  sql`spark_to_timestamp_ntz(s) AS CASE WHEN s IS NULL THEN NULL WHEN ${isPlain} THEN CAST(s AS TIMESTAMP) WHEN regexp_full_match(spark_trim_all(s), ${anyTimestamp}) THEN spark_ts_local(spark_trim_all(s)) ELSE CAST('[CAST_INVALID_INPUT]' AS TIMESTAMP) END`,
  sql`spark_try_to_timestamp_ntz(s) AS CASE WHEN ${isPlain} THEN TRY_CAST(s AS TIMESTAMP) WHEN regexp_full_match(spark_trim_all(s), ${anyTimestamp}) THEN TRY(spark_ts_local(spark_trim_all(s))) END`,
]
