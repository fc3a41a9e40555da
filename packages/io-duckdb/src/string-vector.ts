import type { DuckdbBindings } from "./duckdb-bindings.ts"
import { lengthOf, type Piece } from "./vector-piece.ts"

/** A text up to this many bytes lies in the vector itself; a longer one behind a pointer. */
const inlineBytes = 12
/** Memory is mapped in pages of at least this size. */
const pageBytes = 4096
/** The most that is read behind one pointer. */
const runBytes = 16 * 1024 * 1024

/**
 * Reads texts or binary values into Arrow's form: one buffer, and where each value begins.
 *
 * A value behind a pointer costs a native call. Values that lie close to one another are read with one: what is between
 * two of them is readable when they end and begin in the same page of memory, or in neighbouring ones.
 */
export function readStrings(
  duckdb: DuckdbBindings,
  pieces: readonly Piece[],
  length: number,
  nullBitmap: Uint8Array | null,
): { valueOffsets: Int32Array; data: Uint8Array } {
  const valueOffsets = new Int32Array(length + 1)
  const vectors = pieces.map(piece => {
    if (piece.rows === 0) return new Uint8Array()
    return duckdb.vector_get_data(piece.vector, piece.rows * 16)
  })
  let at = 0
  let total = 0
  for (const [i, piece] of pieces.entries()) {
    const words = wordsOf(vectors[i] ?? new Uint8Array())
    const count = lengthOf(piece)
    for (let n = 0; n < count; n++) {
      const valid = !nullBitmap || ((nullBitmap[(at + n) >> 3] ?? 0) >> ((at + n) & 7)) & 1
      if (valid) total += words[(piece.select?.[n] ?? n) * 4] ?? 0
      valueOffsets[at + n + 1] = total
    }
    at += count
  }
  const data = new Uint8Array(total)
  at = 0
  for (const [i, piece] of pieces.entries()) {
    copyValues(duckdb, vectors[i] ?? new Uint8Array(), piece, valueOffsets.subarray(at), data)
    at += lengthOf(piece)
  }
  return { valueOffsets, data }
}

function wordsOf(bytes: Uint8Array): Uint32Array {
  return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4)
}

function copyValues(
  duckdb: DuckdbBindings,
  vector: Uint8Array,
  { rows, select }: Piece,
  offsets: Int32Array,
  target: Uint8Array,
): void {
  const words = wordsOf(vector)
  const count = select?.length ?? rows
  const address = (row: number) => (words[row * 4 + 3] ?? 0) * 2 ** 32 + (words[row * 4 + 2] ?? 0)
  let run: { bytes: Uint8Array; start: number; end: number } | undefined
  for (let n = 0; n < count; n++) {
    const to = offsets[n] ?? 0
    const size = (offsets[n + 1] ?? 0) - to
    if (size === 0) continue
    const row = select?.[n] ?? n
    if (size <= inlineBytes) {
      const from = row * 16 + 4
      for (let byte = 0; byte < size; byte++) target[to + byte] = vector[from + byte] ?? 0
      continue
    }
    const start = address(row)
    if (!run || start < run.start || start + size > run.end) {
      const end = endOfRun(n, start + size)
      const bytes = duckdb.get_data_from_pointer(
        vector.buffer as ArrayBuffer,
        vector.byteOffset + row * 16 + 8,
        end - start,
      )
      run = { bytes, start, end }
    }
    target.set(run.bytes.subarray(start - run.start, start - run.start + size), to)
  }

  /** Extends a run over the values that follow at higher addresses, as long as all between is readable. */
  function endOfRun(first: number, firstEnd: number): number {
    let end = firstEnd
    for (let n = first + 1; n < count; n++) {
      const size = (offsets[n + 1] ?? 0) - (offsets[n] ?? 0)
      if (size <= inlineBytes) continue
      const start = address(select?.[n] ?? n)
      const pages = Math.floor(start / pageBytes) - Math.floor((end - 1) / pageBytes)
      if (start < end || pages > 1 || start + size - firstEnd > runBytes) break
      end = start + size
    }
    return end
  }
}
