import { FrameError } from "../errors/frame-error.ts"

/** A parameter that reached the printer. */
export function unboundParameter(name: string): FrameError {
  return new FrameError("FRAME_INPUT_UNBOUND", {
    what: `The parameter '${name}' has no value yet.`,
    why: "It gets its value when the step runs.",
    fix: "Run the plan as an asset, or bind it with bindPlan.",
    details: { parameter: name },
  })
}

/** An input that reached the printer. */
export function unboundInput(key: string): FrameError {
  return new FrameError("FRAME_INPUT_UNBOUND", {
    what: `The input '${key}' is not bound to stored data.`,
    why: "The plan of an asset names its inputs; they are bound when the step runs.",
    fix: "Materialize the asset, or bind the plan with bindPlan.",
    details: { key },
  })
}
