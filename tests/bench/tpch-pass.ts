// One measured process: opens a side and runs all queries in turn. node --import tsx tpch-pass.ts ours|sql FOLDER PASSES
import { openOurs, openPeer, queryNumbers } from "./tpch-sides.ts"

const [, , kind, folder = "", passes] = process.argv
const side = await (kind === "ours" ? openOurs : openPeer)(folder)
for (let pass = 0; pass < Number(passes); pass++) {
  for (const number of queryNumbers) await side.run(number)
}
await side.close()
