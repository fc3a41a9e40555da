import { useSearchParam } from "../router.tsx"
import { useServer } from "../server-query.ts"

/** The environment whose data a view shows: that of the address, else the project's default. */
export function useEnvironment() {
  const { data: server } = useServer()
  const fallback = server?.defaultEnvironment ?? ""
  const [environment, setEnvironment] = useSearchParam("environment", fallback)
  const options = (server?.environments ?? []).map(({ name }) => ({ value: name, label: name }))
  return { environment, setEnvironment, options, server }
}
