import { QueryClient, QueryClientProvider } from "@tanstack/react-query"
import { StrictMode } from "react"
import { createRoot } from "react-dom/client"
import { ApiError } from "./api-client.ts"
import { App } from "./app.tsx"
import { restoreTheme } from "./theme.tsx"
import "./styles/tokens.css"
import "./styles/base.css"
import "./styles/shell.css"
import "./styles/lists.css"
import "./styles/detail.css"

const client = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      // A refusal stays one; a server that is starting again is soon back.
      retry: (failures, error) => error instanceof ApiError && error.view.code === "SERVER_UNREACHABLE" && failures < 5,
      retryDelay: failures => Math.min(500 * 2 ** failures, 5_000),
    },
  },
})

restoreTheme()
const root = document.getElementById("root")
if (!root) throw new Error("The page's HTML has no #root.")
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={client}>
      <App />
    </QueryClientProvider>
  </StrictMode>,
)
