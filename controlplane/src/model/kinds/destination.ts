import type { Decoder } from "../decode/decoder.ts";
import { defined, message } from "../decode/message.ts";
import { fullHost, hostName, hostPattern, label } from "../decode/names.ts";
import { portNumber } from "../decode/scalars.ts";
import type { Destination } from "../types.ts";

const portSelector = message("PortSelector", { required: { number: portNumber } }, (given) => given.number);

/** Istio takes the name of a service for a whole domain too; a request is then for the host that it names itself. */
const host: Decoder<string> = (value, path, context) =>
  (value.kind === "scalar" && value.source.startsWith("*.") ? hostPattern : hostName)(value, path, context);

/** Istio: Destination. Whether host, subset and port exist is checked when all objects are known. */
export const destination = message(
  "Destination",
  {
    required: { host },
    optional: { subset: label, port: portSelector },
    inside: { number: "port" },
    examples: { host: "NAME" },
  },
  (given, place): Destination => {
    const { context, path } = place;
    const read = defined({ host: fullHost(given.host, context.ref.namespace), subset: given.subset, port: given.port });
    context.references.push({
      kind: "destination",
      destination: read,
      path,
      hostAt: context.locate(place.value("host")),
      ...(given.subset === undefined ? {} : { subsetAt: context.locate(place.value("subset")) }),
      ...(given.port === undefined ? {} : { portAt: context.locate(place.value("port", "number")) }),
    });
    return read;
  },
);
