// A measured process: `ours FOLDER COUNT` and `sql FOLDER COUNT` run all queries in turn, `each FOLDER PAIRS` compares them one by one.
import { measureQueries } from "./tpch-queries.ts"
import { openOurs, openPeer, queryNumbers } from "./tpch-sides.ts"

const [, , mode, folder = "", count] = process.argv
const ours = mode === "sql" ? undefined : await openOurs(folder)
const peer = mode === "ours" ? undefined : await openPeer(folder)
if (ours && peer) console.log(JSON.stringify(await measureQueries(ours, peer, Number(count))))
else for (let i = 0; i < Number(count); i++) for (const number of queryNumbers) await (ours ?? peer)?.run(number)
await ours?.close()
await peer?.close()
