import { randomUUID } from "node:crypto"
import { AssetFolder } from "./asset-folder.ts"
import { isRecord, parseJsonFile, replaceFile } from "./json-file.ts"
import { type Pointer, packPointer, readPointer, readPointers, unpackPointer, writePointer } from "./pointer.ts"
import { readOwnFile, type StorageRoot } from "./storage-root.ts"

const format = 1

/** A pointer that is to be moved together with others. */
export interface Move {
  readonly key: string
  /** Id of what is current before; null for nothing. */
  readonly former: string | null
  readonly pointer: Pointer
}

/** What was decided to become current together. */
interface Decision {
  readonly id: string
  /** Empty once all pointers are moved. The id remains, by which a reader sees that something was published meanwhile. */
  readonly moves: readonly Move[]
  /** Whoever moves its pointers waits for the disk. */
  readonly durable: boolean
}

/** How often a reader looks again while others publish, before it holds them off. */
const freeTries = 5

/**
 * Decides that pointers move together: from here on readers see all of them moved, also when this process dies before it
 * has moved one. Under the lock of the root alone, with no other decision unfinished.
 */
export function decide(root: StorageRoot, moves: readonly Move[], { durable = false } = {}): void {
  const packed = moves.map(({ pointer, ...move }) => ({ ...move, pointer: packPointer(pointer) }))
  writeDecision(root, { id: randomUUID(), durable, publications: packed })
}

/** Moves the pointers of a decision that nobody has carried out yet. Under the lock of the root alone. */
export function finishDecision(root: StorageRoot): void {
  const decision = parseDecision(root, readDecision(root))
  if (!decision || decision.moves.length === 0) return
  const { id, durable } = decision
  for (const { key, former, pointer } of decision.moves) {
    const folder = new AssetFolder(root, key)
    const current = readPointer(folder, pointer.partition)?.materialization.id ?? null
    if (current === former) writePointer(folder, pointer, { durable })
  }
  writeDecision(root, { id, durable, publications: [] })
}

function writeDecision(
  root: StorageRoot,
  decision: { readonly durable: boolean; readonly [name: string]: unknown },
): void {
  replaceFile(root.published, `${JSON.stringify({ format, ...decision })}\n`, { durable: decision.durable })
}

/** Whether a decision waits for somebody to carry it out. */
export function isUnfinished(root: StorageRoot): boolean {
  return (parseDecision(root, readDecision(root))?.moves.length ?? 0) > 0
}

/** The pointers of assets as they were at one moment: a publication is seen whole or not. */
export class PointerView {
  readonly #moves = new Map<string, Move[]>()

  /** A decision waits for somebody to carry it out. */
  readonly isUnfinished: boolean

  constructor(moves: readonly Move[]) {
    this.isUnfinished = moves.length > 0
    for (const move of moves) this.#moves.set(move.key, [...(this.#moves.get(move.key) ?? []), move])
  }

  all(folder: AssetFolder): Pointer[] {
    const pointers = new Map(readPointers(folder).map(pointer => [pointer.partition, pointer]))
    for (const { former, pointer } of this.#moves.get(folder.key) ?? []) {
      const current = pointers.get(pointer.partition)?.materialization.id ?? null
      if (current === former) pointers.set(pointer.partition, pointer)
    }
    return [...pointers.values()]
  }

  one(folder: AssetFolder, partition: string | null): Pointer | undefined {
    const pointer = readPointer(folder, partition)
    const move = this.#moves.get(folder.key)?.find(one => one.pointer.partition === partition)
    return move && (pointer?.materialization.id ?? null) === move.former ? move.pointer : pointer
  }
}

/**
 * Reads pointers as of one moment: again when something was decided or carried out meanwhile, or when `read` gives
 * undefined; after some tries `alone`, with everybody else held off.
 */
export async function readAtOneMoment<T>(
  root: StorageRoot,
  read: (view: PointerView, isLast: boolean) => T | undefined,
  alone: (read: () => T) => Promise<T>,
): Promise<T> {
  for (let tries = 0; tries < freeTries; tries++) {
    const before = readDecision(root)
    const value = read(viewOf(root, before), false)
    if (value !== undefined && readDecision(root) === before) return value
  }
  return alone(() => read(viewOf(root, readDecision(root)), true) as T) // the last try gives a value
}

function viewOf(root: StorageRoot, text: string | undefined): PointerView {
  return new PointerView(parseDecision(root, text)?.moves ?? [])
}

function readDecision({ published }: StorageRoot): string | undefined {
  return readOwnFile(published)
}

/** @throws StorageError `STORAGE_CORRUPT` */
function parseDecision({ published }: StorageRoot, text: string | undefined): Decision | undefined {
  if (text === undefined) return undefined
  const fix = `Delete ${published}. If a publication was being made, a part of it may be current: publish or promote again.`
  return parseJsonFile(published, text, acceptDecision, fix)
}

function acceptDecision(value: unknown): Decision | undefined {
  if (!isRecord(value) || value.format !== format || typeof value.id !== "string") return undefined
  if (!Array.isArray(value.publications)) return undefined
  const moves: Move[] = []
  for (const one of value.publications) {
    const pointer = isRecord(one) ? unpackPointer(one.pointer) : undefined
    if (!pointer || typeof one.key !== "string" || (one.former !== null && typeof one.former !== "string"))
      return undefined
    moves.push({ key: one.key, former: one.former, pointer })
  }
  return { id: value.id, moves, durable: value.durable === true }
}
