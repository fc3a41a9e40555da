import { startingWith } from "../util/starting-with.ts"

type Pieces = AsyncIterable<Uint8Array>

/** How a store takes an object: small ones as a whole, others in parts. The second gives the bytes. */
interface Upload {
  whole(bytes: Uint8Array): Promise<unknown>
  inParts(parts: Pieces): Promise<number>
}

/** Uploads parts of the size that a store wants; gives their bytes. */
export async function uploadParts(
  parts: Pieces,
  signal: AbortSignal | undefined,
  { whole, inParts }: Upload,
): Promise<number> {
  const rest = parts[Symbol.asyncIterator]()
  const first = await rest.next()
  const second = first.done ? first : await rest.next()
  signal?.throwIfAborted()
  if (second.done) {
    const bytes = first.value ?? new Uint8Array()
    await whole(bytes)
    return bytes.length
  }
  const all = startingWith([first.value, second.value] as Uint8Array[], rest) // neither is done: looked at above
  return passOn(all, signal, inParts)
}

/** Hands pieces to a store, and tells an abort, or what whoever makes them failed by, as it is: no fault of the store. */
export async function passOn<T>(
  pieces: Pieces,
  signal: AbortSignal | undefined,
  take: (pieces: Pieces) => Promise<T>,
): Promise<T> {
  let failure: { readonly error: unknown } | undefined
  async function* given() {
    try {
      yield* pieces
    } catch (error) {
      failure = { error }
      throw error
    }
  }
  try {
    return await take(given())
  } catch (error) {
    signal?.throwIfAborted()
    throw failure ? failure.error : error
  }
}
