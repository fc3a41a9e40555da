import { readFileSync } from "node:fs"
import { join } from "node:path"

type Variables = { readonly [name: string]: string | undefined }

export type HadoopSettings = ReadonlyMap<string, string>

/** The folders with the configuration of a cluster, as Spark takes them: the first one that has a file wins. */
export function hadoopConfFolders(env: Variables): string[] {
  return ["HADOOP_CONF_DIR", "YARN_CONF_DIR"].flatMap(name => env[name] || [])
}

/** What `core-site.xml` and `hdfs-site.xml` of the folders say; nothing where there are none. */
export function readHadoopSettings(folders: readonly string[]): HadoopSettings {
  const texts = ["core-site.xml", "hdfs-site.xml"].flatMap(name => firstText(folders.map(folder => join(folder, name))))
  return expanded(new Map(texts.flatMap(text => [...propertiesOf(text)])))
}

function firstText(paths: readonly string[]): string[] {
  for (const path of paths) {
    try {
      return [readFileSync(path, "utf8")]
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error
    }
  }
  return []
}

/** The properties of a file of Hadoop's, as they stand there. */
export function propertiesOf(xml: string): Map<string, string> {
  const found = new Map<string, string>()
  const text = xml.replace(/<!--[\s\S]*?-->/g, "")
  for (const [, property = ""] of text.matchAll(/<property>([\s\S]*?)<\/property>/g)) {
    const name = element(property, "name")
    const value = element(property, "value")
    if (name !== undefined && value !== undefined) found.set(name, value)
  }
  return found
}

function element(xml: string, name: string): string | undefined {
  const text = new RegExp(`<${name}>([\\s\\S]*?)</${name}>`).exec(xml)?.[1]
  return text?.trim().replace(/&(lt|gt|amp|quot|apos);/g, (_, entity: string) => entities[entity] ?? "")
}

const entities: { readonly [name: string]: string } = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" }

/** A value may name another property: `${dfs.nameservices}`. */
function expanded(settings: Map<string, string>): HadoopSettings {
  const expand = (value: string) =>
    value.replace(/\$\{([^}]+)\}/g, (whole, name: string) => settings.get(name) ?? whole)
  return new Map([...settings].map(([name, value]) => [name, expand(expand(value))]))
}
