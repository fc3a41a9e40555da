import type { WrittenPart } from "./written-folder.ts"

/** What is mostly enough to hold a footer: one look at the end of a file. */
const usualBytes = 64 * 1024

/**
 * The bytes at the end of a file, of the number that stands in them.
 * @throws Error when the file is not whole
 */
export async function readEnd(part: WrittenPart, lengthIn: (end: Buffer) => number): Promise<Buffer> {
  const end = await bytesAt(part, Math.max(0, part.bytes - usualBytes), Math.min(usualBytes, part.bytes))
  const length = lengthIn(end)
  if (!(length <= part.bytes)) throw new Error(`${part.path} is not whole.`)
  if (length <= end.length) return end.subarray(end.length - length)
  return bytesAt(part, part.bytes - length, length)
}

async function bytesAt(part: WrittenPart, start: number, length: number): Promise<Buffer> {
  const bytes = await part.read(start, length)
  if (bytes.length < length) throw new Error(`${part.path} became shorter while it was read.`)
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
}
