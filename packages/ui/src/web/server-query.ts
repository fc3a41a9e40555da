import { useQuery } from "@tanstack/react-query"
import type { ServerView } from "../api/api-view.ts"
import { apiPath, getJson } from "./api-client.ts"

/** The server and its project, in short. */
export function useServer() {
  return useQuery({
    queryKey: ["server"],
    queryFn: ({ signal }) => getJson<ServerView>(apiPath("server"), signal),
    staleTime: 60_000,
  })
}
