import { describe, entryOf, isNull, stringAt, type Value } from "../../config/value.ts";
import { visible, withoutOddSigns } from "../../config/visible.ts";
import type { ParsedDocument } from "../../config/parse-document.ts";
import { mapOf } from "../decode/collections.ts";
import { reportError, type Context } from "../decode/context.ts";
import { message } from "../decode/message.ts";
import { labels } from "../decode/names.ts";
import { string } from "../decode/scalars.ts";
import type { ObjectMeta } from "../object-meta.ts";
import type { ObjectRef } from "../types.ts";

/** Kind and names of an object as far as they can be read, also in a document that has errors. */
export function identify(document: ParsedDocument, value: Value): ObjectRef | undefined {
  const metadata = entryOf(value, "metadata")?.value;
  const kind = stringAt(value, "kind");
  const name = stringAt(metadata, "name");
  if (kind === undefined || name === undefined) return undefined;
  return {
    kind,
    namespace: stringAt(metadata, "namespace") ?? "default",
    name,
    position: document.locate(value.offset),
  };
}

const NAME = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;
const NAMESPACE = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** Fields that an API server writes into what it hands out; YAML copied from there is as good as any. */
const WRITTEN_BY_SERVER = [
  "creationTimestamp",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
  "finalizers",
  "generateName",
  "generation",
  "managedFields",
  "ownerReferences",
  "resourceVersion",
  "selfLink",
  "uid",
];

const metadata = message(
  "ObjectMeta",
  {
    required: { name: string },
    optional: { namespace: string, labels, annotations: mapOf(string) },
    ignored: WRITTEN_BY_SERVER,
    examples: { name: "NAME" },
  },
  (given, place) => {
    const problems: (readonly [field: string, text: string, allowed: string])[] = [];
    if (!NAME.test(given.name)) problems.push(["name", given.name, "lower-case letters, digits, - and ."]);
    if (given.namespace !== undefined && !NAMESPACE.test(given.namespace))
      problems.push(["namespace", given.namespace, "lower-case letters, digits and -, at most 63"]);
    for (const [field, text, allowed] of problems) {
      const path = `${place.path}.${field}`;
      reportError(place.context, {
        offset: place.value(field),
        path,
        message: `${path} is "${visible(text)}", which is not a name`,
        allowed,
        fix: nameFix(text),
      });
    }
    return problems.length === 0 ? given : undefined;
  },
);

function nameFix(text: string): string | undefined {
  const plain = withoutOddSigns(text) ?? text;
  const likely = plain.toLowerCase().replace(/[_\s]+/g, "-");
  return NAMESPACE.test(likely) ? `write ${likely}` : undefined;
}

export interface ObjectHeader {
  readonly meta: ObjectMeta;
  readonly spec: Value;
}

const envelope = message(
  "a Kubernetes object",
  {
    required: { apiVersion: string, kind: string, metadata },
    optional: { spec: (value: Value) => value },
    ignored: ["status"],
    inside: { "*": "spec" },
    examples: { apiVersion: "networking.istio.io/v1", kind: "VirtualService", metadata: "{ name: NAME }" },
  },
  (given) => given,
);

/** Kinds of Kubernetes without a spec: their content stands beside their metadata. */
const WITHOUT_SPEC: ReadonlySet<string> = new Set(["Secret", "EndpointSlice"]);
const HEADER = ["apiVersion", "kind", "metadata", "status"];

/** The object as if its content were below `spec`. */
function withSpec(value: Value, kind: string): Value {
  if (!WITHOUT_SPEC.has(kind) || value.kind !== "map") return value;
  const entries = value.entries.filter(({ key }) => HEADER.includes(key));
  const content = value.entries.filter(({ key }) => !HEADER.includes(key));
  const spec: Value = { kind: "map", entries: content, offset: value.offset };
  return { ...value, entries: [...entries, { key: "spec", keyOffset: value.offset, value: spec }] };
}

/** Checks the fields around the spec, and gives the spec (an empty map where there is none). */
export function readHeader(value: Value, context: Context): ObjectHeader | undefined {
  const read = envelope(withSpec(value, context.ref.kind), "", context);
  if (read === undefined) return undefined;
  const meta = { ref: context.ref, labels: read.metadata.labels ?? {}, annotations: read.metadata.annotations ?? {} };
  const spec = read.spec;
  const offset = entryOf(value, "spec")?.keyOffset ?? value.offset;
  return { meta, spec: spec === undefined || isNull(spec) ? { kind: "map", entries: [], offset } : spec };
}

/** Why an object has no identity, at the place where its name should stand. */
export function reportNoIdentity(value: Value, context: Context): void {
  const where = entryOf(value, "metadata");
  const offset = where?.keyOffset ?? value.offset;
  if (value.kind !== "map")
    reportError(context, {
      offset,
      path: "",
      message: `a Kubernetes object was expected, not ${describe(value)}`,
      allowed: "apiVersion, kind, metadata, spec",
    });
  else readHeader(value, context);
}
