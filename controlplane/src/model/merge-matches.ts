import type { HttpMatch, StringMatch } from "./types.ts";

/**
 * The matches of a route that was delegated: every pair of the root's and the delegate's that can hold together.
 * Undefined where none can. No match on one side means all requests, so the other side's stand.
 */
export function mergeMatches(root: readonly HttpMatch[], own: readonly HttpMatch[]): readonly HttpMatch[] | undefined {
  if (root.length === 0) return own;
  if (own.length === 0) return root;
  const pairs = root.flatMap((a) => own.filter((b) => !conflict(a, b)).map((b) => mergePair(a, b)));
  return pairs.length > 0 ? pairs : undefined;
}

/** Istio: mergeHTTPMatchRequest. */
function mergePair(root: HttpMatch, own: HttpMatch): HttpMatch {
  const name = [root.name, own.name].filter((part) => part !== undefined && part !== "").join("-");
  return {
    ...root,
    ...own,
    ...(name === "" ? {} : { name }),
    ignoreUriCase: own.uri === undefined ? root.ignoreUriCase : own.ignoreUriCase,
    headers: { ...root.headers, ...own.headers },
    withoutHeaders: { ...root.withoutHeaders, ...own.withoutHeaders },
    queryParams: { ...root.queryParams, ...own.queryParams },
    sourceLabels: { ...root.sourceLabels, ...own.sourceLabels },
  };
}

/** Istio: hasConflict. A delegate may only narrow what the root takes. */
function conflict(root: HttpMatch, own: HttpMatch): boolean {
  if (root.uri !== undefined && own.uri !== undefined && root.ignoreUriCase !== own.ignoreUriCase) return true;
  const strings = [
    [root.uri, own.uri],
    [root.scheme, own.scheme],
    [root.method, own.method],
    [root.authority, own.authority],
    ...inBoth(root.headers, own.headers),
    ...inBoth(root.withoutHeaders, own.withoutHeaders),
    ...inBoth(root.queryParams, own.queryParams),
  ] as const;
  return (
    strings.some(([a, b]) => a !== undefined && b !== undefined && !narrows(a, b)) ||
    [
      [root.port, own.port],
      [root.sourceNamespace, own.sourceNamespace],
      ...inBoth(root.sourceLabels, own.sourceLabels),
    ].some(([a, b]) => a !== undefined && b !== undefined && a !== b) ||
    (root.gateways !== undefined && own.gateways?.some((name) => root.gateways?.includes(name) !== true) === true)
  );
}

function inBoth<T>(a: Readonly<Record<string, T>>, b: Readonly<Record<string, T>>): (readonly [T, T])[] {
  return Object.entries(b).flatMap(([name, value]) => {
    const other = Object.hasOwn(a, name) ? a[name] : undefined;
    return other === undefined ? [] : [[other, value] as const];
  });
}

/** Whether all that the delegate's value takes is taken by the root's, as far as Istio can tell: not for expressions. */
function narrows(root: StringMatch, own: StringMatch): boolean {
  if ("present" in root) return true;
  if (!("prefix" in root)) return false;
  return (
    ("prefix" in own && own.prefix.startsWith(root.prefix)) || ("exact" in own && own.exact.startsWith(root.prefix))
  );
}
