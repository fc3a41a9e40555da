import type { DataType } from "../schema/data-type.ts"
import type { Arrow, ColumnBuilder } from "./arrow-builder.ts"
import { BooleanBuilder } from "./boolean-builder.ts"
import { BytesBuilder } from "./bytes-builder.ts"
import { FixedBuilder } from "./fixed-builder.ts"
import { ListBuilder, MapBuilder, StructBuilder } from "./nested-builder.ts"

/** A builder for a type. Strings become plain UTF-8, never a dictionary. */
export function builderOf(type: DataType, arrow: Arrow): ColumnBuilder {
  switch (type.kind) {
    case "boolean":
      return new BooleanBuilder(type, arrow)
    case "string":
    case "binary":
      return new BytesBuilder(type, arrow)
    case "array":
      return new ListBuilder(type, builderOf(type.element, arrow), arrow)
    case "map":
      return new MapBuilder(type, builderOf(type.key, arrow), builderOf(type.value, arrow), arrow)
    case "struct":
      return new StructBuilder(
        type,
        type.fields.map(field => builderOf(field.type, arrow)),
        arrow,
      )
    default:
      return new FixedBuilder(type, arrow)
  }
}
