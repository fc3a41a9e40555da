import { defineConfig } from "@assets/core"
import { arrowIO } from "./arrow-io.ts"

export default defineConfig({
  assets: ["./assets.ts"],
  defaultEnvironment: "local",
  environments: {
    local: { io: arrowIO({ root: "data" }) },
  },
})
