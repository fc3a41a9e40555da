/** A step's stay in the room. */
export interface Stay {
  /** Whether any other step was there during it. */
  readonly wasShared: boolean
  leave(): void
}

export interface EntryRequest {
  /** To be the only one. */
  readonly alone: boolean
  readonly signal: AbortSignal
}

/** The memory of an engine is one for all that works at the same time: what did not fit beside others gets it alone. */
export class EngineRoom {
  readonly #stays = new Set<{ wasShared: boolean }>()
  /** How many are alone there, or wait to be: nobody else enters meanwhile, so that their turn comes. */
  #alone = 0
  #waiting: (() => void)[] = []

  async enter({ alone, signal }: EntryRequest): Promise<Stay> {
    if (alone) this.#alone++
    try {
      while (alone ? this.#stays.size > 0 : this.#alone > 0) await this.#nextLeaving(signal)
    } catch (error) {
      if (alone) this.#endAlone()
      throw error
    }
    const stay = { wasShared: this.#stays.size > 0 }
    for (const other of this.#stays) other.wasShared = true
    this.#stays.add(stay)
    const leave = () => {
      this.#stays.delete(stay)
      if (alone) this.#endAlone()
      else this.#wake()
    }
    return {
      get wasShared() {
        return stay.wasShared
      },
      leave,
    }
  }

  #endAlone(): void {
    this.#alone--
    this.#wake()
  }

  #wake(): void {
    for (const look of this.#waiting.splice(0)) look()
  }

  /** Resolves when somebody has left. Rejects with the signal's reason. */
  #nextLeaving(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    return new Promise((resolve, reject) => {
      const stop = () => reject(signal.reason)
      signal.addEventListener("abort", stop, { once: true })
      this.#waiting.push(() => {
        signal.removeEventListener("abort", stop)
        resolve()
      })
    })
  }
}
