import { ConfigError } from "@assets/core"
import { describe, expect, test } from "vitest"
import { parseRemote } from "../../src/connect/remote.ts"

/** The reason why a text is refused. */
function refusal(text: string): string {
  try {
    parseRemote(text)
  } catch (error) {
    if (error instanceof ConfigError && error.code === "CONFIG_INVALID") return error.why
    throw error
  }
  throw new Error(`${text} was taken`)
}

describe("a remote", () => {
  test("is a host alone, on Spark's port and without TLS", () => {
    const plain = { host: "spark.example.com", port: 15002, useTls: false, headers: {} }
    expect(parseRemote("sc://spark.example.com")).toEqual(plain)
    expect(parseRemote(" sc://spark.example.com/ ")).toEqual(plain)
    expect(parseRemote("sc://spark.example.com:443/;")).toEqual({ ...plain, port: 443 })
    expect(parseRemote("sc://[::1]:7077").host).toBe("[::1]")
  })

  test("takes parameters of Spark, and passes every other on as a header", () => {
    const text = "sc://host:1/;token=a%3Bb=c;use_ssl=true;user_id=ada;user_agent=app;x-databricks-cluster-id=17"
    expect(parseRemote(text)).toEqual({
      host: "host",
      port: 1,
      token: "a;b=c",
      useTls: true,
      userId: "ada",
      userAgent: "app",
      headers: { "x-databricks-cluster-id": "17" },
    })
  })

  test("with a token has TLS, but to this machine itself", () => {
    expect(parseRemote("sc://host/;token=t").useTls).toBe(true)
    for (const host of ["localhost", "127.0.0.1", "127.1.2.3", "[::1]"]) {
      expect(parseRemote(`sc://${host}/;token=t`).useTls).toBe(false)
    }
    // A name that only begins like a loopback address is somewhere else.
    expect(parseRemote("sc://127.0.0.1.example.com/;token=t").useTls).toBe(true)
    expect(parseRemote("sc://localhost/;token=t;use_ssl=true").useTls).toBe(true)
  })

  test.each([
    ["spark://host:7077", "It does not begin with sc://."],
    ["sc://", "'' is not a host, or a host and a port."],
    ["sc://host:port", "'host:port' is not a host, or a host and a port."],
    ["sc://host:70000", "70000 is not a port."],
    ["sc://host:0", "0 is not a port."],
    ["sc://::1:15002", "'::1:15002' is not a host, or a host and a port."],
    ["sc://host/path", "After the host come only parameters, /;name=value;name=value."],
    ["sc://host/;token", "A parameter is not of the form name=value."],
    ["sc://host/;user_id=", "The parameter 'user_id' has no value."],
    ["sc://host/;a=1;a=2", "The parameter 'a' is given twice."],
    ["sc://host/;a=100%", "The value of 'a' has a % that begins no escape; write %25 for the character itself."],
    ["sc://host/;use_ssl=yes", "The parameter use_ssl is neither true nor false."],
    ["sc://host/;token=t;use_ssl=false", "With use_ssl=false the token would be sent in the open."],
    ["sc://host/;session_id=1", "The parameter session_id is not taken: each session of this product is its own."],
    ["sc://host/;X-A=1", "'X-A' is not a name of a header: small letters, digits, - and _."],
    ["sc://me:secret@host", "A name or password before the host is not used; say token=… or user_id=…."],
  ])("refuses %s", (text, why) => {
    expect(refusal(text)).toBe(why)
  })

  test("is never told with the value of a parameter", () => {
    for (const text of [
      "sc://h/;token=s3cret%",
      "sc://h/;token=s3cret;token=s3cret",
      "sc://h/;token=s3cret;use_ssl=1",
    ]) {
      expect(refusal(text)).not.toContain("s3cret")
    }
  })
})
