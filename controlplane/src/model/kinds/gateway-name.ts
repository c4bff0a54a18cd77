import { describe } from "../../config/value.ts";
import { reportError } from "../decode/context.ts";
import { refine, type Decoder } from "../decode/decoder.ts";
import { nonEmptyString } from "../decode/scalars.ts";

const PART = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/;

/** `mesh`, `name`, `./name`, `namespace/name` or the old `name.namespace.svc.cluster.local`, as `mesh` or `namespace/name`. */
export const gatewayName: Decoder<string> = refine(nonEmptyString, (text, value, path, context) => {
  if (text === "mesh") return text;
  const canonical = canonicalName(text, context.ref.namespace);
  const parts = canonical.split("/");
  if (parts.length !== 2 || !parts.every((part) => PART.test(part))) {
    return reportError(context, {
      offset: value.offset,
      path,
      message: `${path}: ${describe(value)} is not the name of a gateway`,
      allowed: "mesh, name, namespace/name",
    });
  }
  context.references.push({ kind: "gateway", gateway: canonical, path, at: context.locate(value.offset) });
  return canonical;
});

function canonicalName(text: string, namespace: string): string {
  if (text.startsWith("./")) return `${namespace}/${text.slice(2)}`;
  if (text.includes("/")) return text;
  const [name = "", itsNamespace, svc] = text.split(".");
  return svc === "svc" && itsNamespace !== undefined ? `${itsNamespace}/${name}` : `${namespace}/${text}`;
}
