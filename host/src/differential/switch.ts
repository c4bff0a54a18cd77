import { observeFetches } from "../vm/fetch-observer.ts";

/** Whether the environment asks for a real Envoy beside the in-process host: SLUICE_DIFFERENTIAL=1. */
export function isDifferential(env: Readonly<Record<string, string | undefined>> = process.env): boolean {
  return env["SLUICE_DIFFERENTIAL"] === "1";
}

// With it, a filter's test that uses `fetch` runs through Envoy as well, without a change. Nothing of that is loaded without it.
if (isDifferential()) {
  observeFetches(async (fetched, request, options, run) => {
    const { repeatInEnvoy } = await import("./repeat.ts");
    return await repeatInEnvoy(fetched, request, options, run);
  });
}
