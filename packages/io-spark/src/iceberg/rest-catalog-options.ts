/** A REST catalog of Iceberg, by the names that its other clients have for these options. Texts may hold `${NAME}`s. */
export interface RestCatalogOptions {
  /** Where the catalog is: what stands before `/v1` in its addresses. */
  readonly uri: string
  /** Which of the catalog's warehouses, where it has several. */
  readonly warehouse?: string
  /** The namespace below which the tables are, its levels parted by dots. */
  readonly namespace?: string
  /** A bearer token. */
  readonly token?: string
  /** `client:secret`, for which the catalog gives tokens by OAuth 2. */
  readonly credential?: string
  /** What the tokens are asked for. Default `catalog`. */
  readonly scope?: string
  /** Who gives the tokens, where that is not the catalog. */
  readonly oauth2ServerUri?: string
}

const names = ["uri", "warehouse", "namespace", "token", "credential", "scope", "oauth2ServerUri"]

/** What is wrong with the options of a catalog, as a sentence; undefined when nothing is. */
export function faultOfCatalog(options: unknown): string | undefined {
  if (typeof options !== "object" || options === null)
    return 'catalog is no object; a REST catalog is for one { uri: "http://localhost:8181" }.'
  const unknown = Object.keys(options).find(name => !names.includes(name))
  if (unknown !== undefined) return `catalog has no option '${unknown}'; there are ${names.join(", ")}.`
  const { uri, token, credential } = options as Partial<RestCatalogOptions> // looked at
  if (uri === undefined) return "catalog names no uri; other catalogs than those of REST are not reached."
  const wrong = Object.entries(options).find(([, value]) => typeof value !== "string" || value === "")
  if (wrong) return `catalog.${wrong[0]} is no text, or an empty one.`
  return token !== undefined && credential !== undefined ? "catalog has a token and a credential." : undefined
}
