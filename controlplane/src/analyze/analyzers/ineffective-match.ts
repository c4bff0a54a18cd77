import type { HttpMatch, HttpRoute, StringMatch, VirtualService } from "../../model/types.ts";
import type { Found, Inventory } from "../inventory.ts";

/** A match whose requests an earlier match of the same VirtualService has all taken, and rules that have no other. */
export function checkIneffectiveMatches({ lists }: Inventory): readonly Found[] {
  return lists.virtualServices.flatMap(ofService);
}

interface Earlier {
  readonly match: HttpMatch;
  readonly field: string;
}

function ofService({ ref, http }: VirtualService): Found[] {
  const earlier: Earlier[] = [];
  return http.flatMap((rule, at) => {
    const found = taken(rule, at, earlier);
    earlier.push(...rule.match.map((match, index) => ({ match, field: matchField(at, index) })));
    const isDead = rule.match.length > 0 && found.length === rule.match.length;
    if (!isDead) return found.map(({ field, by }) => ineffective(ref, field, by));
    const by = [...new Set(found.map((one) => one.by))].join(", ");
    return [
      {
        code: "IST0130",
        object: ref,
        field: `spec.http[${at}]`,
        message: `spec.http[${at}] is never reached: ${by} takes all of its requests first`,
        fix: "move it up, or remove it",
      },
    ];
  });
}

function matchField(rule: number, match: number): string {
  return `spec.http[${rule}].match[${match}]`;
}

function taken({ match: matches }: HttpRoute, at: number, before: readonly Earlier[]): { field: string; by: string }[] {
  return matches.flatMap((match, index) => {
    const own = matches.slice(0, index).map((one, i) => ({ match: one, field: matchField(at, i) }));
    const by = [...before, ...own].find((one) => includes(one.match, match));
    return by === undefined ? [] : [{ field: matchField(at, index), by: by.field }];
  });
}

function ineffective(object: VirtualService["ref"], field: string, by: string): Found {
  const message = `${field} has no effect: ${by} takes its requests first`;
  return { code: "IST0131", object, field, message, fix: "remove it, or move its rule up" };
}

/** Whether every request that `narrow` matches is one that `wide` matches, as far as that can be seen. */
function includes(wide: HttpMatch, narrow: HttpMatch): boolean {
  const scalars = ["scheme", "method", "authority"] as const;
  return (
    includesUri(wide, narrow) &&
    scalars.every((field) => includesValue(wide[field], narrow[field])) &&
    includesAll(wide.headers, narrow.headers) &&
    includesAll(wide.queryParams, narrow.queryParams) &&
    isSameOrAbsent(wide.withoutHeaders, narrow.withoutHeaders) &&
    isSameOrAbsent(wide.sourceLabels, narrow.sourceLabels) &&
    isSameOrAbsent(wide.sourceNamespace, narrow.sourceNamespace) &&
    isSameOrAbsent(wide.gateways, narrow.gateways) &&
    isSameOrAbsent(wide.port, narrow.port)
  );
}

function includesUri(wide: HttpMatch, narrow: HttpMatch): boolean {
  if (wide.uri === undefined) return true;
  if (narrow.ignoreUriCase && !wide.ignoreUriCase) return false;
  if (!wide.ignoreUriCase || narrow.uri === undefined) return includesValue(wide.uri, narrow.uri);
  return includesValue(lowered(wide.uri), lowered(narrow.uri));
}

function lowered(match: StringMatch): StringMatch {
  if ("exact" in match) return { exact: match.exact.toLowerCase() };
  return "prefix" in match ? { prefix: match.prefix.toLowerCase() } : match;
}

function includesAll(wide: HttpMatch["headers"], narrow: HttpMatch["headers"]): boolean {
  return Object.entries(wide).every(([name, value]) => {
    const other = narrow[name];
    return other !== undefined && includesValue(value, other);
  });
}

function includesValue(wide: StringMatch | undefined, narrow: StringMatch | undefined): boolean {
  if (wide === undefined) return true;
  if (narrow === undefined) return false;
  if ("present" in wide) return true;
  if ("prefix" in wide) {
    const text = "exact" in narrow ? narrow.exact : "prefix" in narrow ? narrow.prefix : undefined;
    return text?.startsWith(wide.prefix) ?? false;
  }
  return JSON.stringify(wide) === JSON.stringify(narrow);
}

function isSameOrAbsent(wide: unknown, narrow: unknown): boolean {
  const isEmpty = typeof wide === "object" && wide !== null && Object.keys(wide).length === 0;
  return wide === undefined || isEmpty || JSON.stringify(wide) === JSON.stringify(narrow);
}
