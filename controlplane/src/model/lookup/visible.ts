/**
 * How near an object is to a namespace by its exportTo: 0 in its own, 1 where it is exported to by name, 2 where it is
 * for all; undefined where it cannot be seen. Istio takes the nearest of several that compete.
 */
export function nearness(
  { ref, exportTo }: { readonly ref: { readonly namespace: string }; readonly exportTo: readonly string[] },
  namespace: string,
): 0 | 1 | 2 | undefined {
  if (exportTo.includes("*")) return 2;
  if (!exportTo.includes(namespace)) return undefined;
  return ref.namespace === namespace ? 0 : 1;
}
