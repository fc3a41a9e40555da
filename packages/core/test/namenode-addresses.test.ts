import { describe, expect, test } from "vitest"
import { propertiesOf } from "../src/object-store/hadoop-settings.ts"
import { namenodeAddresses } from "../src/object-store/namenode-addresses.ts"

const settings = (of: { readonly [name: string]: string }) => new Map(Object.entries(of))

const ha = settings({
  "fs.defaultFS": "hdfs://lake",
  "dfs.nameservices": "lake, old",
  "dfs.ha.namenodes.lake": "nn1,nn2",
  "dfs.namenode.rpc-address.lake.nn1": "one:8020",
  "dfs.namenode.rpc-address.lake.nn2": "two:8020",
  "dfs.namenode.http-address.lake.nn1": "one:50070",
  "dfs.namenode.http-address.lake.nn2": "0.0.0.0:50070",
  "dfs.namenode.rpc-address.old": "three:9000",
  "dfs.namenode.http-address.old": "three:9999",
})

describe("the HTTP address of a namenode", () => {
  test("is Hadoop's own port of the host where nothing else is known of it", () => {
    expect(namenodeAddresses("nn:9000", settings({}))).toEqual(["http://nn:9870"])
    const other = settings({ "fs.defaultFS": "hdfs://other:8020", "dfs.namenode.http-address": "other:50070" })
    expect(namenodeAddresses("nn", other)).toEqual(["http://nn:9870"])
  })

  test("is that of the configuration for the namenode with this address, its default port counted", () => {
    const one = settings({ "fs.defaultFS": "hdfs://nn", "dfs.namenode.http-address": "0.0.0.0:50070" })
    expect(namenodeAddresses("nn:8020", one)).toEqual(["http://nn:50070"])
    expect(namenodeAddresses("three:9000", ha)).toEqual(["http://three:9999"])
  })

  test("is one for each namenode of a nameservice, with the host where the address names none", () => {
    expect(namenodeAddresses("lake", ha)).toEqual(["http://one:50070", "http://two:50070"])
    expect(namenodeAddresses("old", ha)).toEqual(["http://three:9999"])
  })

  test("is that of the default file system for a URL without a host, if it is one of HDFS", () => {
    expect(namenodeAddresses("", ha)).toEqual(["http://one:50070", "http://two:50070"])
    expect(namenodeAddresses("", settings({ "fs.defaultFS": "file:///" }))).toBeUndefined()
  })

  test("is that of HTTPS where HTTP is turned off", () => {
    expect(namenodeAddresses("nn", settings({ "dfs.http.policy": "HTTPS_ONLY" }))).toEqual(["https://nn:9871"])
  })
})

test("the properties of a file of Hadoop's are read without its comments, with their entities", () => {
  const xml = `<?xml version="1.0"?><configuration>
    <!-- <property><name>a</name><value>no</value></property> -->
    <property>
      <name>a</name><value> one &amp; two </value><final>true</final>
    </property>
    <property><name>empty</name><value></value></property>
    <property><name>none</name><value/></property>
  </configuration>`
  expect([...propertiesOf(xml)]).toEqual([
    ["a", "one & two"],
    ["empty", ""],
  ])
})
