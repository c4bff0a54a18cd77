import { reportError } from "../decode/context.ts";
import type { Place } from "../decode/message.ts";

/** The one field that is given of those that exclude each other; anything else is reported. */
export function oneOf<T>(given: Readonly<Record<string, T | undefined>>, place: Place, example: string): T | undefined {
  const names = Object.keys(given);
  const chosen = names.filter((name) => given[name] !== undefined);
  const [first, second] = chosen;
  if (first !== undefined && second === undefined) return given[first];
  return reportError(place.context, {
    offset: second === undefined ? place.offset : place.key(second),
    path: place.path,
    message: `${place.path} must have exactly one of ${names.join(", ")}${second === undefined ? "" : `, not ${chosen.join(" and ")}`}`,
    allowed: names.join(", "),
    fix: second === undefined ? `add ${example}` : `keep one: ${chosen.join(" or ")}`,
  });
}
