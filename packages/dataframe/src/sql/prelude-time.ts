import { bound, isNullText, join, type Sql, sql, textLiteral } from "../function/sql-fragment.ts"

const zone = sql`current_setting('TimeZone')`
const isUtc = sql`${zone} IN ('UTC', 'Etc/UTC')`
const dayMicros = sql`86400000000`
/** The days that a zone left out when it moved over the date line. */
const daysLeftOut = sql`(DATE '1844-12-31', DATE '1993-08-21', DATE '1994-12-31', DATE '1995-01-01', DATE '2011-12-30')`

/** A text that DuckDB reads as Spark does, hour and minute in range. */
const plainTimestamp = textLiteral(
  "[0-9]{4}-[0-9]{2}-[0-9]{2}([ T]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,6})?)?",
)
const plainDate = textLiteral("[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}")
const plainDay = textLiteral("(?s:[0-9]{4}-[0-9]{2}-[0-9]{2}[ T].*)")
const anyDate = textLiteral("[+-]?[0-9]{4,7}(-[0-9]{1,2}(-[0-9]{1,2}((?s:[ T].*))?)?)?")
/** Hours alone, or with minutes and seconds; at most 18 hours. */
const offset =
  "[+-](?:(?:0?[0-9]|1[0-7])(?::[0-5]?[0-9]|:[0-5][0-9]:[0-5][0-9])?|(?:0[0-9]|1[0-7])(?:[0-5][0-9]){1,2}|18(?::0|(?::?00){1,2})?)"
/** What Java's short names of zones stand for; three of them are offsets. */
const shortZones = {
  ACT: "Australia/Darwin",
  AET: "Australia/Sydney",
  AGT: "America/Argentina/Buenos_Aires",
  ART: "Africa/Cairo",
  AST: "America/Anchorage",
  BET: "America/Sao_Paulo",
  BST: "Asia/Dhaka",
  CAT: "Africa/Harare",
  CNT: "America/St_Johns",
  CST: "America/Chicago",
  CTT: "Asia/Shanghai",
  EAT: "Africa/Addis_Ababa",
  ECT: "Europe/Paris",
  EST: "Etc/GMT+5",
  HST: "Etc/GMT+10",
  IET: "America/Indiana/Indianapolis",
  IST: "Asia/Kolkata",
  JST: "Asia/Tokyo",
  MIT: "Pacific/Apia",
  MST: "Etc/GMT+7",
  NET: "Asia/Yerevan",
  NST: "Pacific/Auckland",
  PLT: "Asia/Karachi",
  PNT: "America/Phoenix",
  PRT: "America/Puerto_Rico",
  PST: "America/Los_Angeles",
  SST: "Pacific/Guadalcanal",
  VST: "Asia/Ho_Chi_Minh",
} as const
const zonesOfOneWord =
  "CET|CST6CDT|Cuba|EET|EST5EDT|Egypt|Eire|GB|GB-Eire|GMT0|Greenwich|Hongkong|Iceland|Iran|Israel|Jamaica|Japan|Kwajalein|Libya|MET|MST7MDT|NZ|NZ-CHAT|Navajo|PRC|PST8PDT|Poland|Portugal|ROK|Singapore|Turkey|UCT|Universal|W-SU|WET|Zulu"
const usualZone =
  "Z|UTC|GMT|[+-](?:0?[0-9]|1[0-7]):[0-5][0-9]|[+-](?:0[0-9]|1[0-7])[0-5][0-9]|[A-Z][A-Za-z_]+/[A-Za-z_/]+"
const anyZone = `Z|(?:UTC|GMT|UT)(?:${offset})?|${offset}|${Object.keys(shortZones).join("|")}|${zonesOfOneWord}|[A-Z][A-Za-z_]+/[A-Za-z0-9_+/-]+`
const timestampPattern = (zone: string) =>
  `([+-]?[0-9]{4,6})(?:-([0-9]{1,2})(?:-([0-9]{1,2})(?:[ T]([01]?[0-9]|2[0-3])(?::([0-5]?[0-9])(?::([0-5]?[0-9])(?:[.]([0-9]*))?)?)?(?: ?(${zone}))?)?)?)?`
const usualTimestamp = textLiteral(timestampPattern(usualZone))
const anyTimestamp = textLiteral(timestampPattern(anyZone))
/** For each chunk of rows a lambda makes anew what it computes with, so that the usual zones have a form of their own. */
const timestampParts = textLiteral(`^${timestampPattern(usualZone)}$`)
const rareParts = textLiteral(`^${timestampPattern("[A-Z+-].*")}$`)
const longNames = Object.entries(shortZones).map(
  ([short, long]) => sql`WHEN ${textLiteral(short)} THEN ${textLiteral(long)}`,
)

const isPlain = sql`regexp_full_match(s, ${plainTimestamp})`

/** Dates, timestamps and their texts. A text of a time alone takes today's date in Spark, and is refused here. */
export const timeMacros: readonly Sql[] = [
  // A wall clock as an instant, as java.time does it: the earlier offset where a clock is set back, moved by the gap
  // where it is set forward. ICU takes the later offset. Each call of ICU is dear: where the offset of the day before
  // gives the same instant, which is nearly always, no more are made.
  sql`spark_early(l, tz) AS make_timestamptz(epoch_us(timezone(tz, l - INTERVAL 1 DAY)) + ${dayMicros})`,
  sql`spark_local_to_ts(l, tz) AS list_transform(list_transform([l], lambda wall_: {'wall': wall_, 'late': timezone(tz, wall_), 'early': spark_early(wall_, tz)}), lambda instants_: CASE WHEN instants_.late = instants_.early THEN instants_.late WHEN timezone(tz, instants_.early) = instants_.wall OR timezone(tz, instants_.late) <> instants_.wall THEN instants_.early ELSE instants_.late END)[1]`,
  // The test of the zone is folded when a query is bound: in UTC no calendar is asked.
  sql`spark_wall_to_ts(l) AS CASE WHEN ${isUtc} THEN make_timestamptz(epoch_us(l)) ELSE spark_local_to_ts(l, ${zone}) END`,
  sql`spark_wall(ts) AS CASE WHEN ${isUtc} THEN make_timestamp(epoch_us(ts)) ELSE CAST(ts AS TIMESTAMP) END`,
  // The day of the clock at the start of a date.
  sql`spark_day(d) AS CASE WHEN ${isUtc} OR d NOT IN ${daysLeftOut} THEN d ELSE CAST(spark_wall(spark_wall_to_ts(CAST(d AS TIMESTAMP))) AS DATE) END`,
  sql`spark_epoch_seconds(ts) AS CASE WHEN epoch_us(ts) % 1000000 < 0 THEN epoch_us(ts) // 1000000 - 1 ELSE epoch_us(ts) // 1000000 END`,
  sql`spark_wall_of_day(ts) AS epoch_us(ts) - (((epoch_us(spark_wall(ts)) % ${dayMicros}) + ${dayMicros}) % ${dayMicros})`,
  // The start of the day by the offset of the instant, when that is the start of the day by the clock too.
  sql`spark_trunc_day(ts) AS CASE WHEN ${isUtc} THEN make_timestamptz(spark_wall_of_day(ts)) WHEN CAST(make_timestamptz(spark_wall_of_day(ts)) AS TIMESTAMP) = date_trunc('day', CAST(ts AS TIMESTAMP)) THEN make_timestamptz(spark_wall_of_day(ts)) ELSE spark_wall_to_ts(date_trunc('day', CAST(ts AS TIMESTAMP))) END`,
  // Years of other than four digits have a sign.
  sql`spark_year_text(y) AS CASE WHEN y > 9999 THEN '+' || y WHEN y < 0 THEN '-' || lpad(CAST(-y AS VARCHAR), CASE WHEN y < -9999 THEN 5 + CAST(y < -99999 AS INTEGER) ELSE 4 END, '0') ELSE lpad(CAST(y AS VARCHAR), 4, '0') END`,
  sql`spark_date_text(d) AS CASE WHEN d BETWEEN DATE '0001-01-01' AND DATE '9999-12-31' THEN CAST(d AS VARCHAR) ELSE spark_year_text(year(d)) || strftime(d, '-%m-%d') END`,
  sql`spark_wall_text(w) AS CASE WHEN w >= TIMESTAMP '0001-01-01' AND w < TIMESTAMP '10000-01-01' THEN CAST(w AS VARCHAR) ELSE spark_year_text(year(w)) || strftime(w, '-%m-%d %H:%M:%S') || rtrim(rtrim(strftime(w, '.%f'), '0'), '.') END`,
  sql`spark_offset_text(s) AS CASE WHEN s = 0 THEN 'Z' ELSE (CASE WHEN s < 0 THEN '-' ELSE '+' END) || lpad(CAST(abs(s) // 3600 AS VARCHAR), 2, '0') || ':' || lpad(CAST(abs(s) // 60 % 60 AS VARCHAR), 2, '0') END`,
  sql`spark_date_parts(t) AS make_date(CAST(regexp_extract(t, '^[+-]?[0-9]+', 0) AS INTEGER), CAST(coalesce(nullif(regexp_extract(t, '^[+-]?[0-9]+-([0-9]{1,2})', 1), ''), '1') AS INTEGER), CAST(coalesce(nullif(regexp_extract(t, '^[+-]?[0-9]+-[0-9]{1,2}-([0-9]{1,2})', 1), ''), '1') AS INTEGER))`,
  sql`spark_to_date(s) AS CASE WHEN ${isNullText(sql`s`)} THEN NULL WHEN regexp_full_match(s, ${plainDate}) THEN CAST(s AS DATE) WHEN regexp_full_match(s, ${plainDay}) THEN CAST(left(s, 10) AS DATE) WHEN regexp_full_match(spark_trim_all(s), ${anyDate}) THEN spark_date_parts(spark_trim_all(s)) ELSE CAST('[CAST_INVALID_INPUT]' AS DATE) END`,
  sql`spark_try_to_date(s) AS CASE WHEN regexp_full_match(s, ${plainDate}) THEN TRY_CAST(s AS DATE) WHEN regexp_full_match(s, ${plainDay}) THEN TRY_CAST(left(s, 10) AS DATE) WHEN regexp_full_match(spark_trim_all(s), ${anyDate}) THEN TRY(spark_date_parts(spark_trim_all(s))) END`,
  sql`spark_ts_fields(t) AS regexp_extract(t, ${timestampParts}, ['y', 'm', 'd', 'h', 'n', 's', 'f', 'z'])`,
  sql`spark_field(text, missing) AS CAST(coalesce(nullif(text, ''), missing) AS INTEGER)`,
  sql`spark_local_of(p) AS make_timestamp(epoch_us(make_date(CAST(p.y AS INTEGER), spark_field(p.m, '1'), spark_field(p.d, '1'))) + CAST(spark_field(p.h, '0') AS BIGINT) * 3600000000 + CAST(spark_field(p.n, '0') AS BIGINT) * 60000000 + CAST(spark_field(p.s, '0') AS BIGINT) * 1000000 + CAST(rpad(left(p.f, 6), 6, '0') AS BIGINT))`,
  sql`spark_long_zone(t) AS CASE WHEN right(t, 3) IN (${Object.keys(shortZones).map(textLiteral)}) THEN left(t, -3) || CASE right(t, 3) ${join(longNames, sql` `)} END ELSE t END`,
  sql`spark_ts_rare_fields(t) AS regexp_extract(t, ${rareParts}, ['y', 'm', 'd', 'h', 'n', 's', 'f', 'z'])`,
  sql`spark_zone_micros(z) AS CASE WHEN left(z, 1) IN ('+', '-') THEN (CASE WHEN left(z, 1) = '-' THEN -60000000 ELSE 60000000 END) * (CAST(replace(substring(z, 2, 2), ':', '') AS BIGINT) * 60 + CAST(right(z, 2) AS BIGINT)) ELSE 0 END`,
  // Of an offset with or without minutes and seconds, with or without colons.
  sql`spark_offset_part(o, place, start_) AS CAST(coalesce(nullif(CASE WHEN contains(o, ':') THEN split_part(substring(o, 2), ':', place) ELSE substring(o, start_, 2) END, ''), '0') AS BIGINT)`,
  sql`spark_offset_micros(o) AS (CASE WHEN left(o, 1) = '-' THEN -1000000 ELSE 1000000 END) * (spark_offset_part(o, 1, 2) * 3600 + spark_offset_part(o, 2, 4) * 60 + spark_offset_part(o, 3, 6))`,
  // For each chunk of rows a lambda makes anew what it computes with, patterns above all, so there is little in it.
  sql`spark_ts_parts(t) AS list_transform(list_transform([spark_ts_fields(t)], lambda parts_: {'wall': spark_local_of(parts_), 'zone': parts_.z}), lambda zoned_: CASE WHEN zoned_.zone = '' THEN spark_wall_to_ts(zoned_.wall) WHEN left(zoned_.zone, 1) IN ('+', '-') OR zoned_.zone IN ('Z', 'UTC', 'GMT') THEN make_timestamptz(epoch_us(zoned_.wall) - spark_zone_micros(zoned_.zone)) ELSE spark_local_to_ts(zoned_.wall, zoned_.zone) END)[1]`,
  sql`spark_ts_rare(t) AS list_transform(list_transform([spark_ts_rare_fields(t)], lambda parts_: {'wall': spark_local_of(parts_), 'zone': parts_.z, 'offset': ltrim(parts_.z, 'UTCGM')}), lambda zoned_: CASE WHEN zoned_.offset = '' THEN make_timestamptz(epoch_us(zoned_.wall)) WHEN left(zoned_.offset, 1) IN ('+', '-') THEN make_timestamptz(epoch_us(zoned_.wall) - spark_offset_micros(zoned_.offset)) ELSE spark_local_to_ts(zoned_.wall, zoned_.zone) END)[1]`,
  sql`spark_ts_local(t) AS ${bound(sql`spark_ts_rare_fields(t)`, sql`parts_`, p => sql`spark_local_of(${p})`)}`,
  sql`spark_to_timestamp(s) AS CASE WHEN ${isNullText(sql`s`)} THEN NULL WHEN ${isPlain} THEN spark_wall_to_ts(CAST(s AS TIMESTAMP)) WHEN regexp_full_match(spark_trim_all(s), ${usualTimestamp}) THEN spark_ts_parts(spark_trim_all(s)) WHEN regexp_full_match(spark_trim_all(s), ${anyTimestamp}) THEN spark_ts_rare(spark_long_zone(spark_trim_all(s))) ELSE CAST('[CAST_INVALID_INPUT]' AS TIMESTAMP WITH TIME ZONE) END`,
  sql`spark_try_to_timestamp(s) AS CASE WHEN ${isPlain} THEN spark_wall_to_ts(TRY_CAST(s AS TIMESTAMP)) WHEN regexp_full_match(spark_trim_all(s), ${usualTimestamp}) THEN TRY(spark_ts_parts(spark_trim_all(s))) WHEN regexp_full_match(spark_trim_all(s), ${anyTimestamp}) THEN TRY(spark_ts_rare(spark_long_zone(spark_trim_all(s)))) END`,
  sql`spark_to_timestamp_ntz(s) AS CASE WHEN ${isNullText(sql`s`)} THEN NULL WHEN ${isPlain} THEN CAST(s AS TIMESTAMP) WHEN regexp_full_match(spark_trim_all(s), ${anyTimestamp}) THEN spark_ts_local(spark_trim_all(s)) ELSE CAST('[CAST_INVALID_INPUT]' AS TIMESTAMP) END`,
  sql`spark_try_to_timestamp_ntz(s) AS CASE WHEN ${isPlain} THEN TRY_CAST(s AS TIMESTAMP) WHEN regexp_full_match(spark_trim_all(s), ${anyTimestamp}) THEN TRY(spark_ts_local(spark_trim_all(s))) END`,
]
