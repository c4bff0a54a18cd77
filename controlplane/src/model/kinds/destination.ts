import { defined, message } from "../decode/message.ts";
import { fullHost, hostName, label } from "../decode/names.ts";
import { portNumber } from "../decode/scalars.ts";
import type { Destination } from "../types.ts";

const portSelector = message("PortSelector", { required: { number: portNumber } }, (given) => given.number);

/** Istio: Destination. Whether host, subset and port exist is checked when all objects are known. */
export const destination = message(
  "Destination",
  {
    required: { host: hostName },
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
