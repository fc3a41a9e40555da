/** Items that were taken already, then the rest of what they were taken from. */
export async function* startingWith<T>(first: readonly T[], rest: AsyncIterator<T>): AsyncGenerator<T> {
  yield* first
  yield* { [Symbol.asyncIterator]: () => rest }
}
