import type { LastGood } from "../model/last-good.ts";

/** An object of the user that is not in the mesh as it was. */
export interface ObjectChange {
  /** Such as `VirtualService bookinfo/reviews`. */
  readonly object: string;
  readonly what: "added" | "changed" | "removed";
}

/** Which objects differ between two states of the mesh, by their text. */
export function changedObjects(before: LastGood, after: LastGood): ObjectChange[] {
  const old = textsByKey(before);
  const now = textsByKey(after);
  const changes: ObjectChange[] = [];
  for (const [key, text] of now) {
    const was = old.get(key);
    if (was !== text) changes.push({ object: readable(key), what: was === undefined ? "added" : "changed" });
  }
  for (const key of old.keys()) {
    if (!now.has(key)) changes.push({ object: readable(key), what: "removed" });
  }
  return changes;
}

const maxNamed = 3;

/** One phrase for the log. */
export function describeChanges(changes: readonly ObjectChange[]): string {
  const named = changes
    .slice(0, maxNamed)
    .map(({ object, what }) => (what === "removed" ? `${object} (removed)` : object));
  const rest = changes.length - named.length;
  return `${named.join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
}

function textsByKey({ documents }: LastGood): Map<string, string> {
  return new Map(documents.flatMap(({ text, objects }) => Object.keys(objects).map((key) => [key, text] as const)));
}

/** Keys are kind/namespace/name. */
function readable(key: string): string {
  const [kind = "", ...rest] = key.split("/");
  return `${kind} ${rest.join("/")}`;
}
