import type { EncodedResource, ResourceTable } from "./types.ts";

/** Part of a table; `undefined` hides what lies below under the same name. */
export type Layer = ReadonlyMap<string, EncodedResource | undefined>;

const nothing: Layer = new Map();

/**
 * A table made of layers, the first wins. Proxies have most of their resources in common: with a layer for these, a table
 * costs what the proxy has of its own, and two tables with the same layer differ in the others only.
 */
export class LayeredTable implements ReadonlyMap<string, EncodedResource> {
  /** Always in this order: what replaces others for the time being, the proxy's own, what is shared. */
  readonly layers: readonly [Layer, ...Layer[]];
  #size: number | undefined;

  constructor(overrides: Layer, layers: readonly Layer[]) {
    this.layers = [overrides, ...layers];
  }

  get(name: string): EncodedResource | undefined {
    for (const layer of this.layers) {
      const resource = layer.get(name);
      if (resource !== undefined || (layer.size > 0 && layer.has(name))) return resource;
    }
    return undefined;
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  get size(): number {
    this.#size ??= [...this.keys()].length;
    return this.#size;
  }

  *entries(): MapIterator<[string, EncodedResource]> {
    for (const [index, layer] of this.layers.entries()) {
      const above = this.layers.slice(0, index).filter(({ size }) => size > 0);
      for (const [name, resource] of layer) {
        if (resource !== undefined && !above.some((each) => each.has(name))) yield [name, resource];
      }
    }
  }

  *keys(): MapIterator<string> {
    for (const [name] of this.entries()) yield name;
  }

  *values(): MapIterator<EncodedResource> {
    for (const [, resource] of this.entries()) yield resource;
  }

  [Symbol.iterator](): MapIterator<[string, EncodedResource]> {
    return this.entries();
  }

  forEach(visit: (resource: EncodedResource, name: string, table: ResourceTable) => void): void {
    for (const [name, resource] of this.entries()) visit(resource, name, this);
  }
}

/** The same table with another uppermost layer. */
export function withOverrides(table: ResourceTable, overrides: Layer): ResourceTable {
  const [, ...others] = layersOf(table);
  return new LayeredTable(overrides, others);
}

export function layersOf(table: ResourceTable): readonly [Layer, ...Layer[]] {
  return table instanceof LayeredTable ? table.layers : [nothing, table];
}

/**
 * The names that may differ between two tables: a superset of the truth. Each pair of layers is compared once, however
 * many proxies go from the one to the other, and equal layers not at all.
 */
export function changedNames(before: ResourceTable, after: ResourceTable): Iterable<string> {
  if (before === after) return [];
  const old = layersOf(before);
  const now = layersOf(after);
  const names: string[][] = [];
  for (let index = 0; index < Math.max(old.length, now.length); index += 1) {
    names.push(differences(old[index] ?? nothing, now[index] ?? nothing));
  }
  return names.flat();
}

const compared = new WeakMap<Layer, { readonly before: Layer; readonly names: string[] }>();

function differences(before: Layer, after: Layer): string[] {
  if (before === after) return [];
  const known = compared.get(after);
  if (known?.before === before) return known.names;
  const names: string[] = [];
  for (const [name, resource] of after) {
    if (!before.has(name) || before.get(name)?.version !== resource?.version) names.push(name);
  }
  for (const name of before.keys()) if (!after.has(name)) names.push(name);
  compared.set(after, { before, names });
  return names;
}
