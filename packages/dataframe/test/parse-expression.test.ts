import { describe, expect, test } from "vitest"
import { FrameError } from "../src/errors/frame-error.ts"
import { parseExpression } from "../src/plan/parse-expression.ts"
import { parseDataType } from "../src/schema/parse-data-type.ts"
import { typeName } from "../src/schema/type-name.ts"
import { shape } from "./expression-shape.ts"

const parsed = (text: string) => shape(parseExpression(text))

function fault(text: string): FrameError {
  try {
    parseExpression(text)
  } catch (error) {
    if (error instanceof FrameError) return error
  }
  throw new Error(`'${text}' was parsed`)
}

describe("operators", () => {
  test.each([
    ["a + b * c", "+(a, *(b, c))"],
    ["a - b - c", "-(-(a, b), c)"],
    ["a or b and not c = d", "or(a, and(b, not(=(c, d))))"],
    ["a = b is null", "isnull(=(a, b))"],
    ["-a * b", "*(negative(a), b)"],
    ["a || b || c", "concat(concat(a, b), c)"],
    ["a div 2 % 3", "%(div(a, 2:int), 3:int)"],
    ["a | b ^ c & d", "|(a, ^(b, &(c, d)))"],
    ["a::int + 1", "+(cast(a as int), 1:int)"],
    ["a between 1 and 2 and b", "and(between(a, 1:int, 2:int), b)"],
    ["a not in (1, null)", "not(in(a, 1:int, null))"],
    ["a not like 'x%'", "not(like(a, 'x%'))"],
    ["a like 'x!%' escape '!'", "like(a, 'x!%', '!')"],
    ["a like any ('x', 'y')", "or(like(a, 'x'), like(a, 'y'))"],
    ["a is not distinct from b", "<=>(a, b)"],
    ["a is distinct from b", "not(<=>(a, b))"],
    ["a is not true", "not(<=>(a, true))"],
    ["a != b", "<>(a, b)"],
  ])("%s", (text, wanted) => expect(parsed(text)).toBe(wanted))
})

describe("literals", () => {
  test.each([
    ["1", "1:int"],
    ["-2147483648", "-2147483648:int"],
    ["2147483648", "2147483648:bigint"],
    ["99999999999999999999", "99999999999999999999:decimal(20,0)"],
    ["1L", "1:bigint"],
    ["1Y", "1:tinyint"],
    ["1.5", "1.5:decimal(2,1)"],
    [".05", "0.05:decimal(2,2)"],
    ["1.50BD", "1.50:decimal(3,2)"],
    ["1e3", "1000:double"],
    ["1.5D", "1.5:double"],
    ["1.5F", "1.5:float"],
    ["'it''s'", "'it's'"],
    ["'a\\n\\u00e9\\%'", "'a\né\\%'"],
    ["r'\\n'", "'\\n'"],
    ["'a' 'b'", "'ab'"],
    ["DATE '2024-2-9'", "2024-02-09:date"],
    ["TIMESTAMP '2024-01-01'", "cast('2024-01-01' as timestamp)"],
    ["X'0aF'", "00af:binary"],
    ["INTERVAL '1' DAY", "86400000000:interval day to second"],
    ["INTERVAL 2 HOURS 30 MINUTES", "9000000000:interval day to second"],
    ["INTERVAL '1-2' YEAR TO MONTH", "14:interval year to month"],
    ["INTERVAL '1 02:03:04.5' DAY TO SECOND", "93784500000:interval day to second"],
    ["INTERVAL -1 MONTH", "-1:interval year to month"],
    ["null", "null"],
  ])("%s", (text, wanted) => expect(parsed(text)).toBe(wanted))
})

describe("calls and names", () => {
  test.each([
    ["COUNT(*)", "count()"],
    ["count(DISTINCT a, b)", "count(distinct a, b)"],
    ["sum(a) FILTER (WHERE b > 1)", "sum(a) filter >(b, 1:int)"],
    ["`a b`.`c``d`", "getfield(a b, 'c`d')"],
    ["a[0].x", "getfield(getitem(a, 0:int), 'x')"],
    ["case when a then 1 end", "case a: 1:int end"],
    ["case a when 1 then 'x' else 'y' end", "case =(a, 1:int): 'x' else 'y' end"],
    ["try_cast(a as decimal(10, 2))", "try_cast(a as decimal(10,2))"],
    ["extract(year from a)", "date_part('year', a)"],
    ["trim(leading 'x' from a)", "ltrim(a, 'x')"],
    ["substring(a from 2 for 3)", "substring(a, 2:int, 3:int)"],
    ["position('x' in a)", "locate('x', a)"],
    ["timestampdiff(HOUR, a, b)", "timestampdiff('hour', a, b)"],
    ["transform(a, x -> x + 1)", "transform(a, (x) -> +(x, 1:int))"],
    ["transform(a, (x, i) -> i)", "transform(a, (x, i) -> i)"],
    ["interval", "interval"],
    ["a as b", "a as b"],
    ["sum(a) over (partition by b order by c desc)", "sum(a) over (b; c desc last)"],
    [
      "sum(a) over (order by c rows between 1 preceding and unbounded following)",
      "sum(a) over (; c asc first; rows -1 to null)",
    ],
    ["a -- a comment\n + /* and another */ b", "+(a, b)"],
  ])("%s", (text, wanted) => expect(parsed(text)).toBe(wanted))
})

describe("faults", () => {
  test.each([
    ["a +", 1, 4],
    ["a\n + * b", 2, 4],
    ["f(a", 1, 4],
    ["a b", 1, 3],
    ["'abc", 1, 1],
    ["case when a then 1", 1, 19],
    ["cast(a as nothing)", 1, 11],
    ["a § b", 1, 3],
    ["DATE '2024-02-30'", 1, 6],
  ])("%s", (text, line, column) => {
    const error = fault(text)
    expect(error.code).toBe("FRAME_EXPRESSION_SYNTAX")
    expect(error.details).toMatchObject({ line, column })
  })

  test("says what is missing, and how to write it", () => {
    const error = fault("a between 1")
    expect(error.why).toBe("'AND' is missing before the end.")
    expect(error.fix).toBe("Write AND there.")
  })
})

test("types are read in Spark's spelling", () => {
  const text = "array<map<string,struct<a:decimal(10,2),b:array<timestamp_ntz>>>>"
  expect(typeName(parseDataType(text))).toBe(text)
})
