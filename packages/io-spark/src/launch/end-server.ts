/** A function of the shell that ends the process $pid, by force when it has not ended by itself within five seconds. */
export const endServer = `
end_server() {
  kill -TERM "$pid"
  i=0
  while [ "$i" -lt 50 ] && kill -0 "$pid"; do
    sleep 0.1
    i=$((i + 1))
  done
  kill -KILL "$pid"
}
`
