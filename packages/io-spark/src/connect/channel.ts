import {
  type DescMessage,
  type DescMethodClientStreaming,
  type DescMethodServerStreaming,
  type DescMethodUnary,
  fromBinary,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf"
import { Client, type ClientReadableStream, credentials, Metadata, type ServiceError, status } from "@grpc/grpc-js"
import { isLoopback, type Remote } from "./remote.ts"

/** What Spark's server takes and sends at most, by default. */
const maxMessageBytes = 128 * 1024 * 1024

/** How one call is bounded. */
export interface CallLimits {
  readonly signal?: AbortSignal | undefined
  readonly deadlineMs?: number | undefined
}

/** A call that can be ended from outside. */
interface Cancellable {
  cancel(): void
}

/** A connection to a server. It knows messages and no sessions; failures are gRPC's own `ServiceError`. */
export class Channel {
  readonly remote: Remote
  readonly #client: Client
  readonly #metadata = new Metadata()
  readonly #calls = new Set<Cancellable>()
  #isClosed = false

  constructor(remote: Remote) {
    this.remote = remote
    const security = remote.useTls ? credentials.createSsl() : credentials.createInsecure()
    this.#client = new Client(`${remote.host}:${remote.port}`, security, {
      "grpc.max_send_message_length": maxMessageBytes,
      "grpc.max_receive_message_length": maxMessageBytes,
      // A connection that is dead without a word is found while a call waits on it. A server ends the connection of who
      // asks more often than every five minutes.
      "grpc.keepalive_time_ms": 330_000,
      "grpc.keepalive_timeout_ms": 20_000,
      "grpc.initial_reconnect_backoff_ms": 100,
      "grpc.min_reconnect_backoff_ms": 100,
      "grpc.max_reconnect_backoff_ms": 2_000,
      // What may be tried again is known above, not here.
      "grpc.enable_retries": 0,
      "grpc.service_config_disable_resolution": 1,
      "grpc.use_local_subchannel_pool": 1,
      // A proxy of the network does not know this machine's own loopback.
      ...(isLoopback(remote.host) && { "grpc.enable_http_proxy": 0 }),
    })
    for (const [name, value] of Object.entries(remote.headers)) this.#metadata.set(name, value)
    if (remote.token !== undefined) this.#metadata.set("authorization", `Bearer ${remote.token}`)
  }

  /** Makes one call. Rejects with a `ServiceError`; when aborted, with one of code CANCELLED. */
  unary<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageShape<I>,
    limits: CallLimits = {},
  ): Promise<MessageShape<O>> {
    return this.#whole(limits, (options, done) =>
      this.#client.makeUnaryRequest(
        pathOf(method),
        serializer(method.input),
        deserializer(method.output),
        request,
        this.#metadata,
        options,
        done,
      ),
    )
  }

  /** Makes a call whose request is several messages; the next is made only when there is room for it. */
  clientStream<I extends DescMessage, O extends DescMessage>(
    method: DescMethodClientStreaming<I, O>,
    requests: Iterable<MessageShape<I>>,
    limits: CallLimits = {},
  ): Promise<MessageShape<O>> {
    return this.#whole(limits, (options, done) => {
      const call = this.#client.makeClientStreamRequest(
        pathOf(method),
        serializer(method.input),
        deserializer(method.output),
        this.#metadata,
        options,
        done,
      )
      const iterator = requests[Symbol.iterator]()
      const send = (): void => {
        for (;;) {
          const { done: isLast, value } = iterator.next()
          if (isLast) {
            call.end()
            return
          }
          if (!call.write(value)) {
            call.once("drain", send)
            return
          }
        }
      }
      call.on("error", () => {}) // `done` is told of it
      send()
      return call
    })
  }

  /** Makes a call whose answer is several messages. To leave it early, cancel it. */
  serverStream<I extends DescMessage, O extends DescMessage>(
    method: DescMethodServerStreaming<I, O>,
    request: MessageShape<I>,
  ): ClientReadableStream<MessageShape<O>> {
    if (this.#isClosed) throw closedError()
    const call = this.#client.makeServerStreamRequest(
      pathOf(method),
      serializer(method.input),
      deserializer(method.output),
      request,
      this.#metadata,
    )
    this.#calls.add(call)
    const forget = () => this.#calls.delete(call)
    call.once("status", forget)
    // An error that comes while nobody reads would end the process; who reads is told of it by the stream.
    call.on("error", forget)
    return call
  }

  /** Ends every call and the connection. A process that did this can exit. */
  close(): void {
    this.#isClosed = true
    for (const call of [...this.#calls]) call.cancel()
    this.#client.close()
  }

  #whole<T>(
    { signal, deadlineMs }: CallLimits,
    start: (options: { deadline?: number }, done: (error: ServiceError | null, value?: T) => void) => Cancellable,
  ): Promise<T> {
    if (this.#isClosed) return Promise.reject(closedError())
    if (signal?.aborted) return Promise.reject(cancelledError("The call was cancelled before it began."))
    return new Promise<T>((resolve, reject) => {
      const options = deadlineMs === undefined ? {} : { deadline: Date.now() + deadlineMs }
      const call = start(options, (error, value) => {
        this.#calls.delete(call)
        signal?.removeEventListener("abort", abort)
        if (error) reject(error)
        else resolve(value as T) // without an error there is an answer
      })
      const abort = () => call.cancel()
      this.#calls.add(call)
      signal?.addEventListener("abort", abort, { once: true })
    })
  }
}

function pathOf(method: { readonly parent: { readonly typeName: string }; readonly name: string }): string {
  return `/${method.parent.typeName}/${method.name}`
}

function serializer<T extends DescMessage>(schema: T): (message: MessageShape<T>) => Buffer {
  return message => {
    const { buffer, byteOffset, byteLength } = toBinary(schema, message)
    return Buffer.from(buffer, byteOffset, byteLength)
  }
}

function deserializer<T extends DescMessage>(schema: T): (bytes: Buffer) => MessageShape<T> {
  return bytes => fromBinary(schema, bytes)
}

function closedError(): ServiceError {
  return cancelledError("The connection is closed.")
}

function cancelledError(details: string): ServiceError {
  return Object.assign(new Error(details), { code: status.CANCELLED, details, metadata: new Metadata() })
}
