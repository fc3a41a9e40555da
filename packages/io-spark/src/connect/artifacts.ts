import { createHash } from "node:crypto"
import { crc32 } from "node:zlib"
import { create, type MessageInitShape } from "@bufbuild/protobuf"
import {
  type AddArtifactsRequest,
  AddArtifactsRequestSchema,
  ArtifactStatusesRequestSchema,
  SparkConnectService,
} from "../generated/spark_connect_pb.ts"
import type { SessionCalls } from "./session-calls.ts"

const { artifactStatus, addArtifacts } = SparkConnectService.method

const pieceBytes = 32 * 1024

/** A large upload over a slow network takes its time; one that stands still is ended by keep-alive before. */
const uploadDeadlineMs = 30 * 60_000

/** Puts bytes into the session's store on the server, once; gives the hash that they are known by. */
export async function uploadArtifact(calls: SessionCalls, bytes: Uint8Array, signal?: AbortSignal): Promise<string> {
  const hash = createHash("sha256").update(bytes).digest("hex")
  const name = `cache/${hash}`
  if (await exists(calls, name, signal)) return hash
  const limits = { signal, deadlineMs: uploadDeadlineMs }
  const { artifacts } = await calls.retried(signal, () =>
    calls.channel.clientStream(addArtifacts, requests(calls, name, bytes), limits),
  )
  if (!artifacts.every(artifact => artifact.isCrcSuccessful)) {
    throw new Error(`The server received ${name} damaged, by the checksum. Please report this.`)
  }
  return hash
}

async function exists(calls: SessionCalls, name: string, signal: AbortSignal | undefined): Promise<boolean> {
  const request = create(ArtifactStatusesRequestSchema, { ...calls.header, names: [name] })
  const { statuses } = await calls.unary(artifactStatus, request, { signal })
  return statuses[name]?.exists ?? false
}

function* requests(calls: SessionCalls, name: string, bytes: Uint8Array): Generator<AddArtifactsRequest> {
  const { header } = calls
  const message = (payload: NonNullable<MessageInitShape<typeof AddArtifactsRequestSchema>["payload"]>) =>
    create(AddArtifactsRequestSchema, { ...header, payload })
  const pieces = Math.max(1, Math.ceil(bytes.length / pieceBytes))
  const first = pieceOf(bytes, 0)
  if (pieces === 1) {
    yield message({ case: "batch", value: { artifacts: [{ name, data: first }] } })
    return
  }
  const size = { totalBytes: BigInt(bytes.length), numChunks: BigInt(pieces) }
  yield message({ case: "beginChunk", value: { name, ...size, initialChunk: first } })
  for (let i = 1; i < pieces; i++) yield message({ case: "chunk", value: pieceOf(bytes, i) })
}

function pieceOf(bytes: Uint8Array, i: number) {
  const data = bytes.subarray(i * pieceBytes, (i + 1) * pieceBytes)
  return { data, crc: BigInt(crc32(data)) }
}
