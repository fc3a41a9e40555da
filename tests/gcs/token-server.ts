import { generateKeyPairSync } from "node:crypto"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"

export interface TokenServer {
  readonly endpoint: string
  readonly token: string
  /** A new key of a service account, for which it gives the token. */
  readonly keyFile: string
  close(): Promise<void>
}

/** Gives everybody the same token, where Google would look at the key. */
export async function startTokenServer(): Promise<TokenServer> {
  const token = "token-of-test"
  const server = createServer((request, response) => {
    request.resume().on("end", () => {
      response.setHeader("content-type", "application/json")
      response.end(JSON.stringify({ access_token: token, token_type: "Bearer", expires_in: 3600 }))
    })
  })
  await new Promise<void>(resolve => server.listen(0, "127.0.0.1", resolve))
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/token` // it listens on a port
  const folder = mkdtempSync(join(tmpdir(), "assets-gcs-key-"))
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 })
  const key = {
    type: "service_account",
    project_id: "test",
    private_key_id: "1",
    private_key: privateKey.export({ type: "pkcs8", format: "pem" }),
    client_email: "runner@test.iam.gserviceaccount.com",
    client_id: "1",
    token_uri: endpoint,
  }
  const keyFile = join(folder, "key.json")
  writeFileSync(keyFile, JSON.stringify(key))
  return {
    endpoint,
    token,
    keyFile,
    async close() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
