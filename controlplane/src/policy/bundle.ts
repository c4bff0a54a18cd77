import { HEADER_BYTES, PolicyId } from "./format.ts";
import { seal } from "./program-writer.ts";

/** In the order of their numbers, which is that of a bundle. */
const POLICIES = ["authorization", "fault", "headers", "telemetry"] as const;

/** The programs that travel together; one that is absent or undefined is left out. */
export type BundledPrograms = { readonly [Policy in (typeof POLICIES)[number]]?: Uint8Array | undefined };

const FIRST_RECORD = HEADER_BYTES + 8;
const RECORD_BYTES = 12;

/**
 * Several policies' programs in one piece: so a proxy's come with one configuration, and a route's are read by one host
 * call. Undefined where there are none.
 */
export function bundlePrograms(programs: BundledPrograms): Uint8Array | undefined {
  const parts = POLICIES.flatMap((policy) => {
    const bytes = programs[policy];
    return bytes === undefined ? [] : [{ policy: PolicyId[policy], bytes }];
  });
  if (parts.length === 0) return undefined;
  const bodies = FIRST_RECORD + parts.length * RECORD_BYTES;
  const bundle = new Uint8Array(parts.reduce((length, { bytes }) => length + aligned(bytes.length), bodies));
  const view = new DataView(bundle.buffer);
  view.setUint32(HEADER_BYTES, FIRST_RECORD, true);
  view.setUint32(HEADER_BYTES + 4, parts.length, true);
  let offset = bodies;
  for (const [index, { policy, bytes }] of parts.entries()) {
    const record = FIRST_RECORD + index * RECORD_BYTES;
    view.setUint32(record, policy, true);
    view.setUint32(record + 4, offset, true);
    view.setUint32(record + 8, bytes.length, true);
    bundle.set(bytes, offset);
    offset += aligned(bytes.length);
  }
  return seal(bundle, PolicyId.bundle);
}

/** Programs begin at multiples of 4, as their words do. */
function aligned(length: number): number {
  return (length + 3) & ~3;
}
