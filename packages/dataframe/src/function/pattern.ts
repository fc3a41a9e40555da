import { FrameError } from "../errors/frame-error.ts"
import type { Expression } from "../plan/expression.ts"
import type { DataType } from "../schema/data-type.ts"
import * as types from "../schema/type-family.ts"
import { type FunctionEntry, type PrintedCall, scalar, type TypeRule } from "./function-entry.ts"
import { arg, input, once } from "./printed-call.ts"
import {
  groupCount,
  matchesNothing,
  plainText,
  translatePattern,
  translateReplacement,
  translateTest,
} from "./regex.ts"
import { argument, int, literalOf, requireInteger, requireText, takes, text, unsupported } from "./signature.ts"
import { type Sql, sql, textLiteral } from "./sql-fragment.ts"
import { doubledCharacters } from "./utf16.ts"

/** Adds to a rule that the pattern is a literal which both engines read alike. */
function withPattern(
  rule: TypeRule,
  check?: (pattern: string, args: readonly Expression[], name: string) => void,
): TypeRule {
  return (args, name) => {
    const resolution = rule(args, name)
    const pattern = requireText(resolution.args, 1, name, "pattern")
    translatePattern(pattern, name)
    check?.(pattern, resolution.args, name)
    return resolution
  }
}

function patternOf(call: PrintedCall, name: string): Sql {
  return textLiteral(translatePattern(requireText(call.inputs, 1, name, "pattern"), name))
}

function like(operator: Sql) {
  return (call: PrintedCall): Sql => {
    const pattern = literalOf(input(call, 1))
    const escapeBy = call.args[2] ?? textLiteral("\\")
    const needless =
      typeof pattern === "string" && !pattern.includes(String(call.inputs[2] ? literalOf(input(call, 2)) : "\\"))
    if (needless) return sql`(${arg(call, 0)} ${operator} ${arg(call, 1)})`
    return sql`(${arg(call, 0)} ${operator} ${arg(call, 1)} ESCAPE ${escapeBy})`
  }
}

const likeRule: TypeRule = (args, name) => {
  const resolution = takes([text, text, text], types.boolean, { optional: 1 })(args, name)
  const pattern = literalOf(argument(resolution.args, 1))
  const escapeBy = resolution.args.length > 2 ? requireText(resolution.args, 2, name, "escape character") : "\\"
  if (typeof pattern === "string") refuseStrayEscape(pattern, escapeBy, name)
  return resolution
}

function refuseStrayEscape(pattern: string, escapeBy: string, name: string): void {
  for (let at = 0; at < pattern.length; at++) {
    if (pattern.charAt(at) !== escapeBy) continue
    at++
    const next = pattern.charAt(at)
    if (next === "%" || next === "_" || next === escapeBy) continue
    throw new FrameError("FRAME_ARGUMENT_INVALID", {
      what: `The pattern '${pattern}' of '${name}' is not valid.`,
      why: `The escape character '${escapeBy}' is followed by neither %, _ nor itself.`,
      fix: "Double the escape character to mean itself.",
      details: { function: name, pattern },
    })
  }
}

function refuseEmptyMatch(pattern: string, _args: readonly Expression[], name: string): void {
  if (!matchesNothing(pattern)) return
  throw unsupported(
    name,
    `The pattern '${pattern}' matches the empty text, at which Java breaks characters outside of the BMP in two.`,
    "Use a pattern that matches at least one character.",
  )
}

function groupOf(args: readonly Expression[], name: string): number {
  return args.length > 2 ? requireInteger(args, 2, name, "group") : 1
}

function checkGroup(pattern: string, args: readonly Expression[], name: string): void {
  const group = groupOf(args, name)
  const groups = groupCount(pattern)
  if (group >= 0 && group <= groups) return
  throw new FrameError("FRAME_ARGUMENT_INVALID", {
    what: `'${name}' asks for group ${group} of a pattern with ${groups}.`,
    why: `The groups of '${pattern}' go from 0, the whole match, to ${groups}.`,
    fix: "Use a group that the pattern has.",
    details: { function: name, pattern, group },
  })
}

const stringArray: DataType = { kind: "array", element: types.string }

/** Unicode keeps it free: it stands in no text. */
const noCharacter = textLiteral("\uFDD0")

/** Whether a pattern knows the start of the text, which DuckDB takes to be anew behind each separator. */
function isAnchored(pattern: string): boolean {
  return /(?:^|[^\\[])\^/.test(pattern)
}

function checkLimit(_pattern: string, args: readonly Expression[], name: string): void {
  if (args.length > 2) requireInteger(args, 2, name, "limit")
}

/** `split(s, pattern, limit)`: a limit above 0 leaves the rest of the text in the last part. */
function split(call: PrintedCall): Sql {
  const pattern = requireText(call.inputs, 1, "split", "pattern")
  const plain = plainText(pattern)
  const s = arg(call, 0)
  const translated = patternOf(call, "split")
  const parts =
    plain !== undefined
      ? sql`string_split(${s}, ${textLiteral(plain)})`
      : isAnchored(pattern)
        ? sql`string_split(regexp_replace(${s}, ${translated}, ${noCharacter}, 'g'), ${noCharacter})`
        : sql`regexp_split_to_array(${s}, ${translated})`
  const limit = call.inputs.length > 2 ? requireInteger(call.inputs, 2, "split", "limit") : -1
  if (limit <= 0) return parts
  const kept = sql`${parts}[:${limit - 1}]`
  const separators = sql`regexp_extract_all(${s}, ${translated})[:${limit - 1}]`
  const used = sql`strlen(array_to_string(${kept}, '')) + strlen(array_to_string(${separators}, ''))`
  const rest = sql`decode(encode(${s})[${used} + 1:])`
  return sql`CASE WHEN ${s} IS NULL THEN NULL WHEN len(${parts}) <= ${limit} THEN ${parts} ELSE list_append(${kept}, ${rest}) END`
}

/** From 1, in Java's characters; 0 where there is no match. */
function placeOfMatch(call: PrintedCall): Sql {
  const pattern = patternOf(call, "regexp_instr")
  const before = textLiteral(
    `^((?s:.*?))(?:${translatePattern(requireText(call.inputs, 1, "regexp_instr", "pattern"), "regexp_instr")})`,
  )
  const place = once(
    sql`regexp_extract(${arg(call, 0)}, ${before}, 1)`,
    text => sql`CAST(length(${text}) + ${doubledCharacters(text)} + 1 AS INTEGER)`,
  )
  return sql`CASE WHEN ${arg(call, 0)} IS NULL THEN NULL WHEN regexp_matches(${arg(call, 0)}, ${pattern}) THEN ${place} ELSE 0 END`
}

/** Patterns: LIKE and regular expressions. */
export const patternFunctions = {
  like: scalar(likeRule, like(sql`LIKE`)),
  ilike: scalar(likeRule, like(sql`ILIKE`)),
  rlike: scalar(withPattern(takes([text, text], types.boolean)), call => {
    const pattern = translateTest(requireText(call.inputs, 1, "rlike", "pattern"), "rlike")
    return sql`regexp_matches(${arg(call, 0)}, ${textLiteral(pattern)})`
  }),
  regexp_extract: scalar(
    withPattern(takes([text, text, int], types.string, { optional: 1 }), checkGroup),
    call =>
      sql`regexp_extract(${arg(call, 0)}, ${patternOf(call, "regexp_extract")}, ${groupOf(call.inputs, "regexp_extract")})`,
  ),
  regexp_extract_all: scalar(
    withPattern(takes([text, text, int], stringArray, { optional: 1 }), checkGroup),
    call =>
      sql`regexp_extract_all(${arg(call, 0)}, ${patternOf(call, "regexp_extract_all")}, ${groupOf(call.inputs, "regexp_extract_all")})`,
  ),
  regexp_replace: scalar(withPattern(takes([text, text, text], types.string), refuseEmptyMatch), call => {
    const replacement = requireText(call.inputs, 2, "regexp_replace", "replacement")
    const written = textLiteral(translateReplacement(replacement, "regexp_replace"))
    return sql`regexp_replace(${arg(call, 0)}, ${patternOf(call, "regexp_replace")}, ${written}, 'g')`
  }),
  regexp_instr: scalar(withPattern(takes([text, text], types.int32)), placeOfMatch, { revision: 2 }),
  regexp_count: scalar(
    withPattern(takes([text, text], types.int32)),
    call => sql`CAST(len(regexp_extract_all(${arg(call, 0)}, ${patternOf(call, "regexp_count")})) AS INTEGER)`,
  ),
  regexp_substr: scalar(withPattern(takes([text, text], types.string)), call => {
    const pattern = patternOf(call, "regexp_substr")
    return sql`CASE WHEN regexp_matches(${arg(call, 0)}, ${pattern}) THEN regexp_extract(${arg(call, 0)}, ${pattern}, 0) END`
  }),
  split: scalar(withPattern(takes([text, text, int], stringArray, { optional: 1 }), checkLimit), split, {
    revision: 2,
  }),
} satisfies { readonly [name: string]: FunctionEntry }
