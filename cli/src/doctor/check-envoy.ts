import { findEnvoy } from "@sluice/host";
import { validateInEnvoy } from "@sluice/host/check";
import { smallestModule } from "./smallest-module.ts";

import type { Diagnosis } from "./diagnosis.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** The Envoy that would be used, and whether it runs a module. Nothing is fetched. */
export async function checkEnvoy(env: Environment): Promise<Diagnosis[]> {
  const notes: string[] = [];
  const found = await findEnvoy({ log: (line) => notes.push(line), env, allowFetch: false });
  if (found.kind === "problem") return [missing(found.message, env)];
  if (found.kind === "image") {
    const fix = "nothing to do; a binary starts faster: see SLUICE_ENVOY";
    return [
      { name: "Envoy", state: "ok", found: `the image ${found.image}` },
      { name: "Wasm runtime", state: "warning", found: "not tried: there is no binary, only the image", fix },
    ];
  }
  const where = `${found.version} from ${found.source}: ${found.path}`;
  const envoy: Diagnosis =
    notes.length === 0
      ? { name: "Envoy", state: "ok", found: where }
      : { name: "Envoy", state: "warning", found: `${where} (${notes.join("; ")})`, fix: "see the note in brackets" };
  return [envoy, await checkRuntime(found.path)];
}

/** What is not here yet is fetched by the first verb that needs it; only a path of the user's own is a failure. */
function missing(message: string, env: Environment): Diagnosis {
  const [found = "none", ...rest] = message.split("\n");
  if ((env["SLUICE_ENVOY"] ?? "") !== "") return { name: "Envoy", state: "failed", found, fix: rest.join("\n") };
  const fix = ["`sluice dev` and `sluice up` fetch it when they need it; so that they can:", ...rest].join("\n");
  return { name: "Envoy", state: "warning", found, fix };
}

async function checkRuntime(envoy: string): Promise<Diagnosis> {
  const name = "Wasm runtime";
  const { accepted, words } = await validateInEnvoy(envoy, smallestModule());
  if (accepted) return { name, state: "ok", found: "V8: a module loads" };
  const fix = "this Envoy was built without Wasm: take an official one, by unsetting SLUICE_ENVOY or through PATH";
  return { name, state: "failed", found: `a module does not load: ${words.join("; ")}`, fix };
}
