import react from "@vitejs/plugin-react"
import { defineConfig } from "vite"

/** Builds the page into the folder from which the server serves it. `static`, since `/assets/…` are addresses of the page. */
export default defineConfig({
  plugins: [react()],
  build: { outDir: "dist/web", emptyOutDir: true, assetsDir: "static", target: "es2022" },
})
