import { formatBytes } from "../util/format-bytes.ts"
import type { Rule, RuleFinding } from "./advice.ts"
import type { AssetFacts, InputFacts, StoredPart } from "./asset-facts.ts"

/** An eighth of the size that files are written in: below it, opening a file costs as much as reading it. */
const SMALL_FILE_BYTES = 16 * 1024 ** 2
/** Fewer are opened at once. */
const MANY_FILES = 16
/** Partitions are meant to be many: only those that hold nearly nothing are told. */
const SMALL_PARTITION_BYTES = 1024 ** 2
const MANY_PARTITIONS = 32

/** Many small files: of one write, of the partitions together, of a source that is read. */
export const smallFiles: Rule = {
  name: "small_files",
  find: facts => ofOneWrite(facts) ?? ofPartitions(facts) ?? ofSource(facts),
}

function ofOneWrite({ stored, layoutColumns }: AssetFacts): RuleFinding | undefined {
  const worst = stored.filter(isSmall).toSorted((a, b) => b.files - a.files)[0]
  if (!worst) return undefined
  const { files, bytes, partition } = worst
  const mean = Math.round(bytes / files)
  return {
    what: `has ${files} files of ${formatBytes(mean)} on average${partition === null ? "" : ` in the partition ${partition}`}`,
    figures: { files, bytes, meanBytes: mean },
    fix:
      layoutColumns.length > 0
        ? `leave ${layoutColumns.map(name => `"${name}"`).join(", ")} out of layout.partitionBy, or use columns with fewer values`
        : "layout: { targetFileMB: 128 }",
  }
}

function ofPartitions({ stored, hasPartitions }: AssetFacts): RuleFinding | undefined {
  const sizes = stored.flatMap(({ bytes }) => bytes ?? [])
  if (!hasPartitions || sizes.length < MANY_PARTITIONS || sizes.length < stored.length) return undefined
  const bytes = sizes.reduce((sum, size) => sum + size, 0)
  const mean = Math.round(bytes / sizes.length)
  if (mean >= SMALL_PARTITION_BYTES) return undefined
  return {
    what: `has ${sizes.length} partitions of ${formatBytes(mean)} on average, each with files of its own`,
    figures: { partitions: sizes.length, bytes, meanBytes: mean },
    fix: "use coarser partitions: monthly(…) in place of daily(…), daily(…) in place of hourly(…)",
  }
}

function ofSource({ inputs }: AssetFacts): RuleFinding | undefined {
  const worst = inputs.filter(input => input.isSource && isSmall(input)) as (InputFacts & Sized)[]
  const [input] = worst.toSorted((a, b) => b.files - a.files)
  if (!input) return undefined
  const { files, bytes, key, name } = input
  const mean = Math.round(bytes / files)
  return {
    what: `reads ${key}: ${files} files of ${formatBytes(mean)} on average`,
    figures: { files, bytes, meanBytes: mean, input: key },
    fix: `store it once, and read that: asset("staging/${key.slice(key.lastIndexOf("/") + 1)}", { deps: { ${name} }, returns, transform: ({ ${name} }) => ${name} })`,
  }
}

interface Sized {
  readonly files: number
  readonly bytes: number
}

function isSmall<T extends Pick<StoredPart, "files" | "bytes">>(part: T): part is T & Sized {
  const { files, bytes } = part
  return files !== undefined && bytes !== undefined && files >= MANY_FILES && bytes / files < SMALL_FILE_BYTES
}
