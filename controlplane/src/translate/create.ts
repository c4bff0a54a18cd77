import { create as createAny, isMessage, ScalarType } from "@bufbuild/protobuf";
import type { DescField, DescMessage, DescOneof, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import { isWrapperDesc } from "@bufbuild/protobuf/wkt";
import { specialized } from "../snapshot/specialized.ts";

/** Makes of what was given for a field what a message has there. */
type Convert = (value: unknown) => unknown;
type Fields = Record<string, unknown>;

/** How a message of one type is made. */
interface Plan {
  /** One with nothing set. */
  readonly zero: () => Fields;
  /** By name of a field or of a group of which one is chosen. */
  readonly converts: ReadonlyMap<string, Convert>;
}

const plans = new WeakMap<DescMessage, Plan>();

/**
 * A message, the same as protobuf.es' `create` makes it. That adds field after field, and beyond a dozen V8 turns such an
 * object into a dictionary, which takes many times the memory and time; Envoy's messages have fifty. This copies one that
 * has them all.
 */
export function create<D extends DescMessage>(schema: D, init?: MessageInitShape<D>): MessageShape<D> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- made by the schema's own plan
  return make(schema, init ?? {}) as MessageShape<D>;
}

function make(schema: DescMessage, init: object): unknown {
  if (isMessage(init, schema)) return init;
  let plan = plans.get(schema);
  if (plan === undefined) {
    plan = planOf(schema);
    plans.set(schema, plan);
  }
  const { zero, converts } = plan;
  const message = zero();
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- read by the names that the schema has
  const given = init as Fields;
  for (const name in given) {
    const convert = converts.get(name);
    const value = given[name];
    if (convert !== undefined && value !== undefined && value !== null) message[name] = convert(value);
  }
  return message;
}

function planOf(schema: DescMessage): Plan {
  const made: Fields = { ...createAny(schema) };
  const inner = schema.fields.filter(({ fieldKind, oneof }) => fieldKind === "message" && oneof === undefined);
  const names = [...Object.keys(made), ...inner.map(({ localName }) => localName)];
  // What is parsed stays an object with a shape, however many fields it has.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- an object, as written here
  const zero = JSON.parse(JSON.stringify(Object.fromEntries(names.map((name) => [name, null])))) as Fields;
  for (const name of names) zero[name] = made[name];
  const converts = new Map<string, Convert>();
  for (const member of schema.members) {
    if (member.kind === "oneof") zero[member.localName] = unset;
    converts.set(member.localName, member.kind === "oneof" ? chosen(member) : fieldOf(member));
  }
  const own = schema.fields.flatMap(({ fieldKind, localName }) => {
    const empty = { list: "[]", map: "{}", message: "", scalar: "", enum: "" }[fieldKind];
    return empty === "" ? [] : [`${JSON.stringify(localName)}: ${empty}`];
  });
  return { zero: specialized([], `return { ...context, ${own.join(", ")} };`, zero), converts };
}

/** What a group has of which nothing is set: all the same, as it is only ever replaced. */
const unset = Object.freeze({ case: undefined });

function chosen({ fields }: DescOneof): Convert {
  const converts = new Map(fields.map((field) => [field.localName, fieldOf(field)]));
  return (given) => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- how protobuf.es has it
    const { case: name, value } = given as { readonly case?: string; readonly value?: unknown };
    const convert = name === undefined ? undefined : converts.get(name);
    return convert === undefined ? unset : { case: name, value: convert(value) };
  };
}

function fieldOf(field: DescField): Convert {
  const one = valueOf(field);
  if (field.fieldKind === "list" && one !== asItIs) return (given) => (Array.isArray(given) ? given.map(one) : given);
  if (field.fieldKind === "map" && one !== asItIs)
    return (given) => Object.fromEntries(Object.entries(given ?? {}).map(([key, value]) => [key, one(value)]));
  return one;
}

/** One value of a field, as protobuf.es holds it: a wrapped scalar bare, a Struct as JSON. */
function valueOf(field: DescField): Convert {
  const { message: schema } = field;
  if (schema === undefined) return field.scalar === ScalarType.BYTES ? bytesOf : asItIs;
  if (field.fieldKind === "message" && field.oneof === undefined && isWrapperDesc(schema)) {
    return schema.fields[0].scalar === ScalarType.BYTES ? bytesOf : asItIs;
  }
  if (schema.typeName === "google.protobuf.Struct" && field.parent.typeName !== "google.protobuf.Value") return asItIs;
  return (value) => (typeof value === "object" && value !== null ? make(schema, value) : value);
}

function asItIs(value: unknown): unknown {
  return value;
}

function bytesOf(value: unknown): unknown {
  return Array.isArray(value) ? Uint8Array.from(value) : value;
}
