import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import { AnySchema, DurationSchema } from "@bufbuild/protobuf/wkt";
import type { Any, Duration } from "@bufbuild/protobuf/wkt";
import { canonicalBytes } from "../snapshot/canonical.ts";
import { create } from "./create.ts";

/** Packs a message as Envoy's typed configurations want it; in one form, however a user has ordered a map in it. */
export function pack<D extends DescMessage>(schema: D, message: MessageShape<D>): Any {
  return create(AnySchema, {
    typeUrl: `type.googleapis.com/${schema.typeName}`,
    value: canonicalBytes(schema, message),
  });
}

/** Milliseconds as a Duration. */
export function duration(ms: number): Duration {
  const seconds = Math.floor(ms / 1000);
  return create(DurationSchema, { seconds: BigInt(seconds), nanos: Math.round((ms - seconds * 1000) * 1e6) });
}

export const zeroDuration: Duration = duration(0);

/** By code unit and not by locale, so that every machine sorts alike. */
export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The entries of an object, sorted by key: the order in which a user wrote a map means nothing. */
export function sortedEntries<V>(object: Readonly<Record<string, V>>): [string, V][] {
  return Object.entries(object).toSorted(([a], [b]) => compare(a, b));
}
