import { isAlias, isMap, isScalar, isSeq, type ParsedNode, type YAMLMap, type Pair } from "yaml";
import type { MapEntry, Value } from "./value.ts";

/** Reported back by offset; the caller knows file and line. */
export interface Problem {
  readonly offset: number;
  readonly message: string;
  readonly fix?: string;
}

/** Aliases may repeat text; more nodes than this can only be an accident or an attack. */
const MAX_NODES = 200_000;

type YamlNode = ParsedNode | null;
type YamlPair = Pair<ParsedNode, ParsedNode | null>;

/**
 * Turns the syntax tree of one document into plain values with offsets. Aliases share the value of their anchor, merge
 * keys (`<<`) are applied with the map's own keys winning.
 */
export function toValue(root: YamlNode, problems: Problem[]): Value {
  const anchors = new Map<string, { value: Value; nodes: number }>();
  let nodes = 0;
  const convert = (node: YamlNode, offset: number): Value => {
    nodes++;
    if (node === null) return { kind: "scalar", value: null, source: "", offset };
    const at = node.range[0];
    if (isAlias(node)) return follow(node.source, at);
    const before = nodes;
    const value = convertNode(node, at);
    if (node.anchor !== undefined) anchors.set(node.anchor, { value, nodes: nodes - before + 1 });
    return value;
  };
  const convertNode = (node: Exclude<ParsedNode, { type: "ALIAS" }>, at: number): Value => {
    if (isMap(node)) return { kind: "map", entries: convertMap(node), offset: at };
    if (isSeq(node)) return { kind: "list", items: node.items.map((item) => convert(item, at)), offset: at };
    if (!isScalar(node)) return { kind: "scalar", value: null, source: "", offset: at };
    const { value, source } = node;
    if (value === null || typeof value === "string" || typeof value === "number" || typeof value === "boolean") {
      return { kind: "scalar", value, source: source ?? String(value), offset: at };
    }
    return { kind: "scalar", value: source ?? "", source: source ?? "", offset: at };
  };
  const follow = (name: string, offset: number): Value => {
    const anchor = anchors.get(name);
    nodes += anchor?.nodes ?? 0;
    if (anchor !== undefined && nodes <= MAX_NODES) return anchor.value;
    const message =
      anchor === undefined
        ? `the alias *${name} refers to no anchor before it`
        : "the aliases of this document repeat too much text";
    problems.push({ offset, message });
    return { kind: "scalar", value: null, source: "", offset };
  };
  const convertMap = (map: YAMLMap.Parsed): MapEntry[] => {
    const own: MapEntry[] = [];
    const merged: MapEntry[] = [];
    for (const pair of map.items as YamlPair[]) {
      // The parser's pair type is wider than what a parsed document holds.
      const keyOffset = pair.key.range[0];
      if (!isScalar(pair.key)) {
        problems.push({ offset: keyOffset, message: "a key must be plain text" });
        continue;
      }
      const value = convert(pair.value, keyOffset);
      if (pair.key.value === "<<" && pair.key.type === "PLAIN") merged.push(...mergeSources(value));
      else own.push({ key: keyText(pair.key), keyOffset, value });
    }
    reportRepeated(own, problems);
    return merged.length === 0 ? own : overlay(own, merged);
  };
  return convert(root, 0);
}

function reportRepeated(entries: readonly MapEntry[], problems: Problem[]): void {
  const seen = new Set<string>();
  for (const { key, keyOffset } of entries) {
    if (seen.has(key)) {
      const message = `the key "${key}" is given twice`;
      problems.push({ offset: keyOffset, message, fix: "remove one of the two, or put --- between two objects" });
    }
    seen.add(key);
  }
}

function keyText(key: { value: unknown; source?: string }): string {
  return typeof key.value === "string" ? key.value : (key.source ?? "");
}

function mergeSources(value: Value): readonly MapEntry[] {
  if (value.kind === "map") return value.entries;
  return value.kind === "list" ? value.items.flatMap(mergeSources) : [];
}

/** A map's own keys win over merged ones, an earlier merged map over a later one. */
function overlay(own: readonly MapEntry[], merged: readonly MapEntry[]): MapEntry[] {
  const result = new Map<string, MapEntry>();
  for (const entry of [...own, ...merged]) if (!result.has(entry.key)) result.set(entry.key, entry);
  return [...result.values()];
}
