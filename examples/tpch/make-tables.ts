// npm run tables -w @assets/example-tpch -- 1 : makes the tables at a scale factor (0.1 unless told), where the sources look for them.
import { join } from "node:path"
import { makeTables, tpchExtension } from "./generator.ts"

const scale = Number(process.argv[2] ?? 0.1)
if (!(scale > 0)) throw new Error(`'${process.argv[2]}' is no scale factor. Pass a number above 0, as 0.1 or 1.`)
const extension = tpchExtension(join(import.meta.dirname, "data-generator"))
if (!extension) throw new Error("The generator of TPC-H could not be fetched: pip and python3 are needed once.")
const folder = join(import.meta.dirname, "data-tables")
await makeTables(extension, scale, folder)
console.log(`The tables at scale factor ${scale} are in ${folder}`)
