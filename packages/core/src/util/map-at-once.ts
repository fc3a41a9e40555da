/** Maps in order, with so many at the same time; after a failure nothing more is begun. */
export async function mapAtOnce<T, R>(
  items: readonly T[],
  map: (item: T) => Promise<R>,
  { atOnce = 32 }: { readonly atOnce?: number } = {},
): Promise<R[]> {
  const results: R[] = []
  let next = 0
  const work = async () => {
    try {
      for (let i = next++; i < items.length; i = next++) results[i] = await map(items[i] as T) // below the length
    } catch (error) {
      next = items.length
      throw error
    }
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, work))
  return results
}
