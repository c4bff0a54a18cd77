import type { ModuleDescription } from "../module/describe.ts";
import { formatSize } from "./size.ts";
import type { Style } from "./style.ts";
import { formatTable } from "./table.ts";

const LARGEST = 10;
const KIB_PER_PAGE = 64;
const UNKNOWN = "unknown";

/** All of a description, for people. */
export function formatModule(module: ModuleDescription, style: Style): string {
  const parts = [
    formatFacts(module, style),
    `${style.strong("May do")}\n${formatCapabilities(module)}`,
    `${style.strong("Envoy calls")}\n${indent(formatCallbacks(module))}`,
    `${style.strong("Sections")}\n${indent(formatTable(module.sections.map(({ name, size }) => [name, formatSize(size)])))}`,
    `${style.strong(functionsTitle(module))}\n${indent(formatFunctions(module, LARGEST))}`,
  ];
  return parts.join("\n\n");
}

/** The first lines: size, digest, ABI and so on. */
export function formatFacts(module: ModuleDescription, style: Style): string {
  const rows: [string, string][] = [
    ["size", formatSize(module.size)],
    ["sha256", module.sha256],
    ["ABI", module.abi === null ? `${UNKNOWN}: Envoy does not load it` : `proxy-wasm ${module.abi}`],
    ["made by", module.madeBy.length === 0 ? UNKNOWN : module.madeBy.join(", ")],
    ["memory", formatMemory(module)],
    ["source map", module.sourceMap ?? "none"],
    ...(module.startSection ? [["start", "has a start section"] satisfies [string, string]] : []),
  ];
  return formatTable(rows.map(([name, value]) => [style.faint(name), value]));
}

function formatMemory({ memory }: ModuleDescription): string {
  if (memory === null) return "none of its own";
  const most = memory.maxPages === null ? "grows without a limit of its own" : `at most ${pages(memory.maxPages)}`;
  return `${pages(memory.initialPages)} at first, ${most}`;
}

function pages(count: number): string {
  return count >= 16 ? `${count / 16} MiB` : `${count * KIB_PER_PAGE} KiB`;
}

/** A line for each capability, with the host calls that it comes from. */
export function formatCapabilities({ capabilities }: ModuleDescription): string {
  const rows = Object.entries(capabilities).map(([name, calls]) => [name, calls.map(shortName).join(", ")]);
  return indent(rows.length === 0 ? "nothing: it imports no host call" : formatTable(rows));
}

/** `proxy_log` in place of `env.proxy_log`. */
function shortName(name: string): string {
  return name.replace(/^env\./, "");
}

function formatCallbacks({ exports }: ModuleDescription): string {
  const names = exports.map(({ name }) => name);
  const callbacks = names.filter((name) => /^proxy_(on|validate)_/.test(name) && name !== "proxy_on_memory_allocate");
  const others = names.filter((name) => !callbacks.includes(name));
  return [...callbacks, ...(others.length === 0 ? [] : [`and finds ${others.join(", ")}`])].join("\n");
}

function functionsTitle({ functions }: ModuleDescription): string {
  const count = functions.length;
  return count > LARGEST ? `The ${LARGEST} largest of ${count} functions` : "Functions";
}

/** The largest functions, by the size of their code. */
export function formatFunctions({ functions }: ModuleDescription, count: number): string {
  return formatTable(
    functions
      .slice(0, count)
      .map(({ index, name, size }) => [formatSize(size).padStart(8), name ?? `function ${index}`]),
  );
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, "  ");
}
