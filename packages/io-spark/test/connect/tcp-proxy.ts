import { createServer, connect as dial, type Socket } from "node:net"

/** A way to a server that can be cut. */
export interface TcpProxy {
  readonly port: number
  /** How many connections there have been. */
  readonly connections: () => number
  /** How many bytes went to the server. */
  readonly sentBytes: () => number
  /** Cuts every connection, and each later one, after so many more bytes from the server; undefined: never again. */
  cutAfter(bytes: number | undefined): void
  /** Ends all connections now, with a reset or with a plain end. */
  cut(how: "reset" | "end"): void
  /** Lets nothing pass from the server any more, and does not say so. */
  mute(): void
  /** Takes no further connection, as a server that is gone. */
  refuse(isRefused: boolean): void
  close(): Promise<void>
}

/** Opens a proxy on loopback in front of a port. */
export async function openTcpProxy(target: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>()
  let connections = 0
  let sent = 0
  let limit: number | undefined
  let isRefused = false
  let isMuted = false
  const server = createServer(client => {
    if (isRefused) {
      client.resetAndDestroy()
      return
    }
    connections++
    let passed = 0
    const upstream = dial(target, "127.0.0.1")
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(one)
      one.on("error", () => {})
      one.on("close", () => {
        sockets.delete(one)
        other.destroy()
      })
    }
    client.on("data", data => {
      sent += data.length
    })
    client.pipe(upstream)
    upstream.on("data", data => {
      if (isMuted) return
      passed += data.length
      client.write(data)
      if (limit !== undefined && passed > limit) client.resetAndDestroy()
    })
  })
  await new Promise<void>(resolve => server.listen(0, "127.0.0.1", resolve))
  const address = server.address()
  const end = (how: "reset" | "end") => {
    for (const socket of sockets) how === "reset" ? socket.resetAndDestroy() : socket.end()
  }
  return {
    port: typeof address === "object" && address ? address.port : 0,
    connections: () => connections,
    sentBytes: () => sent,
    cutAfter: bytes => {
      limit = bytes
    },
    cut: end,
    mute: () => {
      isMuted = true
    },
    refuse: refused => {
      isRefused = refused
    },
    close: () => {
      end("reset")
      return new Promise(resolve => server.close(() => resolve()))
    },
  }
}
