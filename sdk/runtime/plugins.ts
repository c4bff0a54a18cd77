import { LogLevel } from "../abi/enums";
import { PluginContext } from "../context/plugin-context";
import { log } from "../http/log";
import { getProperty } from "../http/property";
import { Bytes } from "../wire/bytes";
import { utf8 } from "../wire/utf8";

// The plugins of this VM (few: one for each configuration that is in use) and how they are made.

/** A factory for the plugins whose root id has this name. */
class NamedFactory {
  constructor(
    public rootId: string,
    public factory: () => PluginContext,
    public next: NamedFactory | null,
  ) {}
}

let defaultFactory: (() => PluginContext) | null = null;
let namedFactories: NamedFactory | null = null;
let plugins: PluginContext | null = null;

/**
 * Says how a plugin is made: once, at top level. Without `rootId` it answers every root id of the host's
 * configuration; with it, only that one. A root id that nobody answers is refused when it is configured.
 */
export function registerPlugin(factory: () => PluginContext, rootId: string | null = null): void {
  if (rootId === null) defaultFactory = factory;
  else namedFactories = new NamedFactory(rootId, factory, namedFactories);
}

function factoryOf(rootId: Bytes | null): (() => PluginContext) | null {
  if (!rootId) return defaultFactory;
  let entry = namedFactories;
  while (entry) {
    if (Bytes.encode(entry.rootId).equals(rootId)) return entry.factory;
    entry = entry.next;
  }
  return defaultFactory;
}

/** Makes the plugin for a root context that the host has created. */
export function addPlugin(id: u32): void {
  const factory = factoryOf(namedFactories ? getProperty(utf8("plugin_root_id")) : null);
  if (!factory) return;
  const plugin = factory();
  plugin.id = id;
  plugin.plugin = plugin;
  plugin.next = plugins;
  plugins = plugin;
}

/**
 * Whether a root id without a plugin is well. Where the module names the root ids that it knows it is not: a filter that
 * does nothing, because of a slip in the host's configuration, would be taken for one that does its work.
 */
export function acceptsAnyRootId(): bool {
  if (!namedFactories) return true;
  const rootId = getProperty(utf8("plugin_root_id"));
  let known = "";
  let entry = namedFactories;
  while (entry) {
    known = entry.rootId + (known.length > 0 ? ", " + known : "");
    entry = entry.next;
  }
  log(
    LogLevel.Error,
    "no plugin is registered for the root id '" + (rootId ? rootId.toString() : "") + "'; there are: " + known,
  );
  return false;
}

/** The plugin of this number; null for one that is not known. */
export function findPlugin(id: u32): PluginContext | null {
  let plugin = plugins;
  while (plugin && plugin.id != id) plugin = changetype<PluginContext | null>(plugin.next);
  return plugin;
}

/** Takes a plugin out; null when it is not known. Its streams are gone by then. */
export function removePlugin(id: u32): PluginContext | null {
  let before: PluginContext | null = null;
  let plugin = plugins;
  while (plugin && plugin.id != id) {
    before = plugin;
    plugin = changetype<PluginContext | null>(plugin.next);
  }
  if (!plugin) return null;
  if (before) before.next = plugin.next;
  else plugins = changetype<PluginContext | null>(plugin.next);
  return plugin;
}

/** The plugin that the VM started with, for a host that does not say which it is. */
export function newestPlugin(): PluginContext | null {
  return plugins;
}
