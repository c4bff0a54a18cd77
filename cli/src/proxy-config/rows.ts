import { fieldsOf, listOf } from "../json.ts";
import type { ProxyResource } from "./read.ts";

type Row = readonly string[];
type Fields = Readonly<Record<string, unknown>>;

/** What a table shows of one type: a resource may have several rows, or none that the filter lets through. */
export interface Layout {
  readonly heading: Row;
  readonly rows: (resource: ProxyResource) => readonly Row[];
}

export const LAYOUTS: Readonly<Record<string, Layout>> = {
  listener: { heading: ["NAME", "ADDRESS", "PORT", "DESTINATION"], rows: listenerRows },
  route: { heading: ["NAME", "DOMAINS", "MATCH", "DESTINATION"], rows: routeRows },
  cluster: { heading: ["SERVICE", "PORT", "SUBSET", "DIRECTION", "TYPE"], rows: clusterRows },
  endpoint: { heading: ["ENDPOINT", "WEIGHT", "CLUSTER"], rows: endpointRows },
  extension: { heading: ["NAME", "MODULE"], rows: extensionRows },
  secret: { heading: ["NAME", "SUBJECT", "EXPIRES", "SHA256"], rows: secretRows },
  virtualHost: { heading: ["NAME"], rows: ({ name }) => [[name]] },
  runtime: { heading: ["NAME"], rows: ({ name }) => [[name]] },
};

function fieldAt(value: unknown, ...path: readonly string[]): unknown {
  let at = value;
  for (const key of path) at = fieldsOf(at)[key];
  return at;
}

function textAt(value: unknown, ...path: readonly string[]): string {
  const found = fieldAt(value, ...path);
  return typeof found === "string" || typeof found === "number" ? String(found) : "";
}

function listenerRows({ name, config }: ProxyResource): Row[] {
  const socket = fieldAt(config, "address", "socket_address");
  const filters = listOf(fieldAt(config, "filter_chains")).flatMap((chain) => listOf(fieldsOf(chain)["filters"]));
  const to = filters.map(
    (filter) => textAt(filter, "typed_config", "rds", "route_config_name") || textAt(filter, "typed_config", "cluster"),
  );
  return [
    [
      name,
      textAt(socket, "address"),
      textAt(socket, "port_value"),
      [...new Set(to)].filter((one) => one !== "").join(", "),
    ],
  ];
}

/** The first domain of a virtual host says it all to a reader; the others are its shorter names, with and without port. */
function routeRows({ name, config }: ProxyResource): Row[] {
  const rows = listOf(fieldAt(config, "virtual_hosts")).flatMap((host) => {
    const [domain = "", ...more] = listOf(fieldsOf(host)["domains"]).map(String);
    const shown = more.length === 0 ? domain : `${domain} +${more.length}`;
    const routes = listOf(fieldsOf(host)["routes"]).map(fieldsOf);
    return routes.map((route, index) => [index === 0 ? shown : "", matchOf(route), actionOf(route)]);
  });
  return rows.map((row, index) => [index === 0 ? name : "", ...row]);
}

function matchOf({ match }: Fields): string {
  const { path, prefix } = fieldsOf(match);
  const regex = textAt(match, "safe_regex", "regex");
  const where =
    typeof path === "string"
      ? path
      : typeof prefix === "string"
        ? `${prefix}*`
        : regex === ""
          ? "CONNECT"
          : `~${regex}`;
  const conditions = [...listOf(fieldAt(match, "headers")), ...listOf(fieldAt(match, "query_parameters"))];
  return [where, ...conditions.map((one) => textAt(one, "name"))].join(" ");
}

function actionOf({ route, redirect, direct_response: answer }: Fields): string {
  if (redirect !== undefined) return "redirect";
  if (answer !== undefined) return `answers ${textAt(answer, "status")}`;
  const cluster = textAt(route, "cluster");
  if (cluster !== "") return cluster;
  const weighted = listOf(fieldAt(route, "weighted_clusters", "clusters"));
  return weighted.map((one) => `${textAt(one, "weight")} ${textAt(one, "name")}`).join(", ");
}

function clusterRows({ name, config }: ProxyResource): Row[] {
  const [direction = "", port = "", subset = "", host = name] = name.includes("|")
    ? name.split("|")
    : ["-", "-", "", name];
  return [[host, port, subset === "" ? "-" : subset, direction, textAt(config, "type")]];
}

function endpointRows({ name, config }: ProxyResource): Row[] {
  const groups = listOf(fieldAt(config, "endpoints"));
  const endpoints = groups.flatMap((group) => listOf(fieldsOf(group)["lb_endpoints"]));
  if (endpoints.length === 0) return [["-", "-", name]];
  return endpoints.map((one) => {
    const socket = fieldAt(one, "endpoint", "address", "socket_address");
    const weight = textAt(one, "load_balancing_weight");
    return [`${textAt(socket, "address")}:${textAt(socket, "port_value")}`, weight === "" ? "1" : weight, name];
  });
}

/** The proxy's own certificate, or the authorities that it checks others by; a chain has a row for each. */
function secretRows({ name, config }: ProxyResource): Row[] {
  const chain = listOf(fieldAt(config, "tls_certificate", "certificate_chain"));
  const certificates = [...chain, ...listOf(fieldAt(config, "validation_context", "trusted_ca"))];
  if (certificates.length === 0) return [[name, "-", "-", "-"]];
  return certificates.map((one, index) => [
    index === 0 ? name : "",
    textAt(one, "subject") || textAt(one, "subject_alt_name") || "-",
    textAt(one, "not_after").slice(0, 10) || "-",
    textAt(one, "sha256").slice(0, 16) || "-",
  ]);
}

function extensionRows({ name, config }: ProxyResource): Row[] {
  return [[name, textAt(config, "typed_config", "config", "vm_config", "code", "remote", "sha256").slice(0, 12)]];
}
