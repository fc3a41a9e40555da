/** Spark's error conditions that a user can do something about, and what. A condition stands for those below it, too. */
export const conditionFixes: readonly (readonly [condition: string, fix: string])[] = [
  ["DIVIDE_BY_ZERO", "Use tryDivide, or exclude the rows with when(divisor.notEqual(0), …)."],
  ["REMAINDER_BY_ZERO", "Make the divisor null where it is zero: f.a.mod(nullif(f.b, 0))."],
  ["ARITHMETIC_OVERFLOW", "Cast to a wider type first, or use tryAdd, trySubtract or tryMultiply."],
  ["NUMERIC_VALUE_OUT_OF_RANGE", "Cast to a wider type, or use tryCast, which gives null for such values."],
  ["CAST_INVALID_INPUT", "Use tryCast, which gives null for such values, or clean the column first."],
  ["CAST_OVERFLOW", "Cast to a wider type, or use tryCast, which gives null for such values."],
  ["CANNOT_PARSE_TIMESTAMP", "Correct the format, or exclude the rows whose text has another form."],
  ["INVALID_ARRAY_INDEX", "Ask for its size first: when(size(f.items).gt(0), f.items.getItem(0))."],
  ["PATH_ALREADY_EXISTS", "Remove what is there, or let the IO manager write to another path."],
  ["TABLE_OR_VIEW_ALREADY_EXISTS", "Drop the table, or give the asset another name."],
  ["PATH_NOT_FOUND", "Correct the path; every machine of the cluster has to reach it."],
  [
    "DATA_SOURCE_NOT_FOUND",
    "Delta tables need Delta's jars: assets spark install --with delta; a server that runs already is started with --packages io.delta:delta-spark_4.1_2.13:4.4.0.",
  ],
  ["FAILED_READ_FILE", "Every machine of the cluster has to reach the file, and it has to be whole and of its format."],
  [
    "TABLE_OR_VIEW_NOT_FOUND",
    "Correct the name, or create the table; its catalog and schema may have to be written out.",
  ],
  ["SCHEMA_NOT_FOUND", "Create the schema, or correct its name."],
  ["CANNOT_MODIFY_STATIC_CONFIG", "Set it when the server is started: it cannot be changed afterwards."],
  ["CANNOT_MODIFY_CONFIG", "Set it when the server is started: it cannot be changed afterwards."],
  ["INVALID_CONF_VALUE", "Correct the value of the setting."],
]
