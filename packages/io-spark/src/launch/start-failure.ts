import { EngineError } from "@assets/core"

/** How a server ended, or did not answer. */
export interface ServerEnd {
  readonly master: string
  /** Exit code; undefined when it runs and does not answer. */
  readonly code: number | undefined
  /** Seconds that it had; for one that does not answer. */
  readonly waitedSeconds?: number
  /** The end of its log, without secrets. */
  readonly log: string
}

type Mapping = (end: ServerEnd) => EngineError | undefined

/** The first mapping that knows the log, or the exit code, wins. */
const mappings: readonly Mapping[] = [heapRefused, heapFull, killed, diskFull, javaRefused, masterAway, silent]

/** Says why a server ended by itself, or never told its port. `while` says what was going on. */
export function serverFailure(end: ServerEnd): EngineError {
  for (const mapping of mappings) {
    const mapped = mapping(end)
    if (mapped) return mapped
  }
  return new EngineError("SPARK_START_FAILED", {
    what: `Spark ended by itself, with exit code ${end.code}.`,
    why: reasonIn(end.log) ?? "Its log says no more than this.",
    fix: "Look at the end of its log, below; assets doctor looks at Java, the jars and the memory.",
    details: detailsOf(end),
  })
}

function heapRefused(end: ServerEnd): EngineError | undefined {
  const line = lineWith(end.log, /Could not reserve enough space|Too small (maximum|initial) heap|Invalid maximum heap/)
  if (line === undefined && !/There is insufficient memory for the Java Runtime/.test(end.log)) return undefined
  return new EngineError("ENGINE_OUT_OF_MEMORY", {
    what: "Java cannot give the Spark server the memory that it is to have.",
    why: line ?? "There is insufficient memory for the Java Runtime Environment to continue.",
    fix: 'Set spark({ driverMemory: "1g" }), or SPARK_DRIVER_MEMORY, to what this machine has.',
    details: detailsOf(end),
  })
}

function heapFull(end: ServerEnd): EngineError | undefined {
  // Spark ends itself with 52 when a task has filled the heap.
  const line = lineWith(end.log, /java\.lang\.OutOfMemoryError/)
  const tooSmall = lineWith(end.log, /System memory \d+ must be at least/)
  if (line === undefined && tooSmall === undefined && end.code !== 52) return undefined
  return new EngineError("ENGINE_OUT_OF_MEMORY", {
    what: tooSmall ? "The Spark server has too little memory to start." : "The Spark server has run out of memory.",
    why: tooSmall ?? line ?? "Its heap was full.",
    fix: 'Give it more, spark({ driverMemory: "8g" }) or SPARK_DRIVER_MEMORY; on a cluster, spark({ executorMemory }).',
    details: detailsOf(end),
  })
}

function killed(end: ServerEnd): EngineError | undefined {
  if (end.code !== 137) return undefined
  return new EngineError("SPARK_START_FAILED", {
    what: "The Spark server was killed.",
    why: "Somebody sent it SIGKILL; the system itself does when memory runs out.",
    fix: "Look for 'Out of memory' in dmesg, and give it a limit below the machine's: SPARK_DRIVER_MEMORY=2g. Then assets materialize --from-failure RUN goes on from what was stored.",
    transient: true,
    details: detailsOf(end),
  })
}

function diskFull(end: ServerEnd): EngineError | undefined {
  const line = lineWith(end.log, /No space left on device|Disk quota exceeded/)
  if (line === undefined) return undefined
  return new EngineError("STORAGE_FULL", {
    what: "The disk is full where Spark keeps what it spills.",
    why: line,
    fix: "Free space there, or set TMPDIR to a folder on another disk, and run again.",
    details: detailsOf(end),
  })
}

function javaRefused(end: ServerEnd): EngineError | undefined {
  const line = lineWith(
    end.log,
    /UnsupportedClassVersionError|Unrecognized option|Could not create the Java Virtual Machine|Error: Could not find or load main class/,
  )
  if (line === undefined) return undefined
  const lost = /Could not find or load main class/.test(line)
  return new EngineError(lost ? "SPARK_MISSING" : "SPARK_START_FAILED", {
    what: lost ? "The jars of Spark lack the Connect server." : "Java does not start with the options of Spark.",
    why: line,
    fix: lost
      ? "Run assets spark install; or set SPARK_HOME to a whole distribution of Spark 4."
      : "Unset JAVA_TOOL_OPTIONS and JDK_JAVA_OPTIONS, and use Java 17 or later: set JAVA_HOME.",
    details: detailsOf(end),
  })
}

function masterAway(end: ServerEnd): EngineError | undefined {
  const line = lineWith(
    end.log,
    /All masters are unresponsive|Failed to connect to master|Could not parse Master URL|Connection refused|UnknownHostException|HADOOP_CONF_DIR or YARN_CONF_DIR/,
  )
  if (line === undefined || end.master.startsWith("local")) return undefined
  return new EngineError("SPARK_START_FAILED", {
    what: `The cluster ${end.master} does not answer.`,
    why: line,
    fix: "Correct SPARK_MASTER, or spark({ master }); see that the cluster runs and that this machine reaches it.",
    transient: true,
    details: detailsOf(end),
  })
}

function silent(end: ServerEnd): EngineError | undefined {
  if (end.code !== undefined) return undefined
  return new EngineError("SPARK_START_FAILED", {
    what: `Spark has not told its port within ${end.waitedSeconds} seconds.`,
    why: reasonIn(end.log) ?? `It runs, and waits: for ${waitsFor(end.master)}.`,
    fix: "Look at the end of its log, below. On a busy machine or cluster, run again.",
    transient: true,
    details: detailsOf(end),
  })
}

function waitsFor(master: string): string {
  return master.startsWith("local") ? "the processor or the disk, perhaps" : `the cluster ${master}, perhaps`
}

function detailsOf({ log, code, master }: ServerEnd) {
  return { log, exitCode: code ?? null, master }
}

function lineWith(log: string, pattern: RegExp): string | undefined {
  return log
    .split("\n")
    .find(line => pattern.test(line))
    ?.trim()
}

/** The last line that is an exception or an error, not a place in a stack. */
function reasonIn(log: string): string | undefined {
  const lines = log.split("\n").map(line => line.trim())
  const causes = lines.filter(line => /(^Caused by|Exception|Error)\b.*:/.test(line) && !/^at /.test(line))
  return causes.findLast(line => line.startsWith("Caused by")) ?? causes.at(-1)
}
