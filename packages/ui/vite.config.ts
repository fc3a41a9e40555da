import { Buffer } from "node:buffer"
import { brotliCompressSync, gzipSync } from "node:zlib"
import react from "@vitejs/plugin-react"
import { defineConfig, type Plugin } from "vite"

/** Writes each script and style sheet compressed, too, so that the server only hands out files. */
function compressed(): Plugin {
  return {
    name: "compressed",
    generateBundle(_, bundle) {
      for (const [fileName, output] of Object.entries(bundle)) {
        if (!/\.(js|css|svg)$/.test(fileName)) continue
        const source = Buffer.from(output.type === "chunk" ? output.code : output.source)
        this.emitFile({ type: "asset", fileName: `${fileName}.br`, source: brotliCompressSync(source) })
        this.emitFile({ type: "asset", fileName: `${fileName}.gz`, source: gzipSync(source) })
      }
    },
  }
}

/** Builds the page into the folder from which the server serves it. `static`, since `/assets/…` are addresses of the page. */
export default defineConfig({
  plugins: [react(), compressed()],
  build: { outDir: "dist/web", emptyOutDir: true, assetsDir: "static", target: "es2022" },
})
