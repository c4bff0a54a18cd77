import { mapOf } from "../decode/collections.ts";
import type { Decoder } from "../decode/decoder.ts";
import { reportWarning } from "../decode/context.ts";
import { defined, message } from "../decode/message.ts";
import { count, enumeration, string } from "../decode/scalars.ts";
import type { ObjectMeta } from "../object-meta.ts";
import type { ProxyConfig } from "../proxy-config.ts";
import { environmentVariable } from "./environment-variable.ts";
import { workloadSelector } from "./selector.ts";

type ProxyConfigSpec = Omit<ProxyConfig, "ref" | "labels">;

const fields = message(
  "ProxyImage",
  { optional: { imageType: enumeration(["default", "debug", "distroless"]) } },
  (given) => given,
);

const image: Decoder<object> = (value, path, context) => {
  const read = fields(value, path, context);
  if (read === undefined) return undefined;
  const text = `${path} has no effect: the Envoys run without an image of Istio's, or in Envoy's own`;
  reportWarning(context, { offset: value.offset, path, code: "SLU0003", message: text });
  return read;
};

/** Istio: ProxyConfig, as an object of its own (in MeshConfig and in annotations it has other fields). */
export const proxyConfigSpec: Decoder<ProxyConfigSpec> = message(
  "ProxyConfig",
  {
    optional: {
      selector: workloadSelector,
      concurrency: count,
      environmentVariables: mapOf(string, environmentVariable),
      image,
    },
    inside: { matchLabels: "selector", imageType: "image" },
  },
  (given) =>
    defined({
      selector: given.selector ?? {},
      concurrency: given.concurrency,
      environment: given.environmentVariables,
    }),
);

export function buildProxyConfig(meta: ObjectMeta, spec: ProxyConfigSpec): ProxyConfig {
  return { ref: meta.ref, labels: meta.labels, ...spec };
}
