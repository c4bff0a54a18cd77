import { anyUnpack } from "@bufbuild/protobuf/wkt";
import {
  FilterChainSchema,
  FilterSchema,
  ListenerFilterSchema,
} from "../../../gen/envoy/config/listener/v3/listener_components_pb.js";
import type {
  Filter,
  FilterChain,
  ListenerFilter,
} from "../../../gen/envoy/config/listener/v3/listener_components_pb.js";
import { ListenerSchema } from "../../../gen/envoy/config/listener/v3/listener_pb.js";
import type { Listener } from "../../../gen/envoy/config/listener/v3/listener_pb.js";
import {
  HttpConnectionManagerSchema,
  HttpFilterSchema,
} from "../../../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import type { HttpFilter } from "../../../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import { DIRECTIONS, filterName } from "../filters.ts";
import { pack } from "../protobuf.ts";
import { tcpAuthorizationName } from "../tcp-authorization.ts";
import { tcpTelemetryName } from "../tcp-telemetry.ts";
import { standsForHttpFilter } from "./istio-names.ts";
import type { ListenerNames } from "./istio-names.ts";
import { meansChain, meansListener } from "./match-listener.ts";
import { merged } from "./merge.ts";
import { patchedFilters } from "./patch-filters.ts";
import type { FilterLevel } from "./patch-filters.ts";
import { applied, isAddition, mergeLists, tracesOf } from "./patch-set.ts";
import type { Patching } from "./patch-set.ts";
import type { Trace } from "./trace.ts";

/** A listener after the patches that mean it or a part of it; undefined: removed. The same object if nothing does. */
export function patchedListener(listener: Listener, names: ListenerNames, patching: Patching): Listener | undefined {
  let now = listener;
  for (const trace of tracesOf(patching, "LISTENER")) {
    const lists = mergeLists(trace);
    if ((lists === undefined && trace.patch.operation !== "REMOVE") || !meansListener(trace, names)) continue;
    applied(patching, trace);
    if (lists === undefined) return undefined;
    now = mergedListener(now, trace, lists);
  }
  const meant = tracesOf(patching, "LISTENER_FILTER").filter((trace) => meansListener(trace, names));
  const listenerFilters = patchedFilters(now.listenerFilters, meant, listenerLevel, patching);
  if (listenerFilters !== now.listenerFilters) now = { ...now, listenerFilters: [...listenerFilters] };
  const filterChains = patchedChains(now.filterChains, names, patching);
  return filterChains === now.filterChains ? now : { ...now, filterChains: [...filterChains] };
}

function mergedListener(listener: Listener, { patch }: Trace, lists: "append" | "replace"): Listener {
  return patch.value === undefined ? listener : merged(ListenerSchema, listener, patch.value, lists);
}

function patchedChains(
  chains: readonly FilterChain[],
  names: ListenerNames,
  patching: Patching,
): readonly FilterChain[] {
  const next = chains.flatMap((chain) => patchedChain(chain, names, patching) ?? []);
  for (const trace of tracesOf(patching, "FILTER_CHAIN")) {
    if (!isAddition(trace.patch.operation) || !meansListener(trace, names)) continue;
    applied(patching, trace);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the value was read as a filter chain
    if (trace.patch.value !== undefined) next.push(trace.patch.value as FilterChain);
  }
  const isSame = next.length === chains.length && next.every((chain, index) => chain === chains[index]);
  return isSame ? chains : next;
}

function patchedChain(chain: FilterChain, names: ListenerNames, patching: Patching): FilterChain | undefined {
  const isMeant = (trace: Trace): boolean => meansListener(trace, names) && meansChain(trace, names, chain);
  let now = chain;
  for (const trace of tracesOf(patching, "FILTER_CHAIN")) {
    const lists = mergeLists(trace);
    if ((lists === undefined && trace.patch.operation !== "REMOVE") || !isMeant(trace)) continue;
    applied(patching, trace);
    if (lists === undefined) return undefined;
    if (trace.patch.value) now = merged(FilterChainSchema, now, trace.patch.value, lists);
  }
  const meant = tracesOf(patching, "NETWORK_FILTER").filter(isMeant);
  const requests = tracesOf(patching, "HTTP_FILTER").filter(isMeant);
  const filters = patchedFilters(now.filters, meant, networkLevel, patching);
  const next = filters.map((filter) => patchedManager(filter, requests, patching));
  const isSame = next.length === now.filters.length && next.every((filter, index) => filter === now.filters[index]);
  return isSame ? now : { ...now, filters: next };
}

/** The HTTP filters are packed into the connection manager; other filters stay as they are. */
function patchedManager(filter: Filter, traces: readonly Trace[], patching: Patching): Filter {
  const { configType } = filter;
  if (traces.length === 0 || configType.case !== "typedConfig") return filter;
  const manager = anyUnpack(configType.value, HttpConnectionManagerSchema);
  if (manager === undefined) {
    for (const trace of traces) trace.miss("filter", [filter.name]);
    return filter;
  }
  const httpFilters = patchedFilters(manager.httpFilters, traces, httpLevel, patching);
  if (httpFilters === manager.httpFilters) return filter;
  const value = pack(HttpConnectionManagerSchema, { ...manager, httpFilters: [...httpFilters] });
  return { ...filter, configType: { case: "typedConfig", value } };
}

const listenerLevel: FilterLevel<ListenerFilter> = {
  schema: ListenerFilterSchema,
  part: "listenerFilter",
  wanted: ({ patch }) => patch.listener?.listenerFilter,
  standsFor: () => false,
};

const connectionFilters: readonly string[] = [tcpAuthorizationName, ...DIRECTIONS.map(tcpTelemetryName)];

const networkLevel: FilterLevel<Filter> = {
  schema: FilterSchema,
  part: "filter",
  wanted: ({ patch }) => patch.listener?.filterChain?.filter?.name,
  standsFor: ({ name }, wanted) =>
    (wanted === "envoy.filters.network.rbac" || wanted === "istio.stats") && connectionFilters.includes(name),
  // The last one takes the connection; behind it none would be allowed.
  end: (_, filters) => Math.max(0, filters.length - 1),
};

const policies: readonly string[] = DIRECTIONS.map(filterName);

const httpLevel: FilterLevel<HttpFilter> = {
  schema: HttpFilterSchema,
  part: "subFilter",
  wanted: ({ patch }) => patch.listener?.filterChain?.filter?.subFilter?.name,
  standsFor: ({ name }, wanted) => standsForHttpFilter(name, wanted),
  end: ({ patch }, filters) => {
    // One filter has all policies: what comes after authentication comes before all of them.
    const place = filters.findIndex(({ name }) => policies.includes(name));
    if (patch.filterClass === "AUTHN" && place >= 0) return place;
    return patch.filterClass === "AUTHZ" && place >= 0 ? place + 1 : Math.max(0, filters.length - 1);
  },
};
