import { availableParallelism } from "node:os";
import { fieldsOf } from "../json.ts";

/** What a ProxyConfig says of how an Envoy is started. */
export interface StartSettings {
  /** Worker threads. */
  readonly concurrency: number;
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Read from where Istio's proxies have it, in the metadata of the bootstrap's node. As many of our Envoys share a machine,
 * each has one worker unless the user says otherwise; Istio's 0 is one for each core.
 */
export function startSettings(bootstrap: object, cores: number = availableParallelism()): StartSettings {
  const { concurrency, proxyMetadata } = fieldsOf(
    fieldsOf(fieldsOf(fieldsOf(bootstrap)["node"])["metadata"])["PROXY_CONFIG"],
  );
  const variables = Object.entries(fieldsOf(proxyMetadata));
  return {
    concurrency: typeof concurrency !== "number" ? 1 : concurrency === 0 ? cores : concurrency,
    env: Object.fromEntries(variables.filter((entry): entry is [string, string] => typeof entry[1] === "string")),
  };
}
