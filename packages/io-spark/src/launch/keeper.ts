import { spawn } from "node:child_process"
import type { Variables } from "../spark-options.ts"
import { endServer } from "./end-server.ts"
import { printedPid } from "./printed-pid.ts"

/**
 * Runs a command ($4 …) with its output in a file ($2) until nobody has held a lease for some seconds ($3), and ends it
 * then. Works in the folder of the server ($1): a lease is a file in `leases` whose
 * name begins with the pid of who holds it, and holds as long as that process lives. Before the server ends, `../current`
 * ceases to lead to it, and leases are looked at once more: who took one in between keeps it. The folder goes last.
 */
const script = `${endServer}
folder=$1 log=$2 idle_limit=$3
shift 3
"$@" </dev/null >>"$log" 2>&1 &
pid=$!
echo "$pid"
exec >/dev/null 2>&1
is_held() {
  held=1
  for lease in leases/*; do
    [ -e "$lease" ] || continue
    holder=\${lease##*/}
    if kill -0 "\${holder%%-*}"; then held=0; else rm -f "$lease"; fi
  done
  return "$held"
}
retire() {
  [ "$(cat ../current)" = "$folder" ] && rm -f ../current
}
idle=0
while kill -0 "$pid"; do
  sleep 1
  if is_held; then idle=0; continue; fi
  idle=$((idle + 1))
  [ "$idle" -lt "$idle_limit" ] && continue
  retire
  is_held || break
  echo "$folder" >../current
  idle=0
done
retire
end_server
wait "$pid"
echo "$?" >exit-code
while is_held; do sleep 1; done
cd /
rm -rf "$folder"
`

export interface KeeperOptions {
  readonly folder: string
  readonly log: string
  readonly env: Variables
  readonly idleSeconds: number
}

/** Starts a command that outlives this process, as long as somebody holds a lease in its folder. Returns its pid. */
export async function keep(
  command: readonly string[],
  { folder, log, env, idleSeconds }: KeeperOptions,
): Promise<number> {
  const settings = [folder, log, String(idleSeconds)]
  const child = spawn("/bin/sh", ["-c", script, "sh", ...settings, ...command], {
    cwd: folder,
    env,
    detached: true,
    stdio: ["ignore", "pipe", "ignore"],
  })
  const pid = await printedPid(child)
  child.unref()
  return pid
}
