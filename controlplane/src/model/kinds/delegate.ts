import { message } from "../decode/message.ts";
import { string } from "../decode/scalars.ts";

/** Istio: Delegate, a VirtualService without hosts; its namespace is the root's own where none is written. */
export const delegate = message(
  "Delegate",
  { required: { name: string }, optional: { namespace: string }, examples: { name: "NAME" } },
  (given, place) => {
    const { context, path } = place;
    const namespace = given.namespace ?? context.ref.namespace;
    context.references.push({
      kind: "delegate",
      namespace,
      name: given.name,
      path,
      at: context.locate(place.value("name")),
    });
    return { namespace, name: given.name };
  },
);
