import type { FieldChange, ProxyChange, ResourceChange } from "@sluice/controlplane";
import type { Style } from "../output/style.ts";

/** What differs, proxy by proxy. Changes that several proxies have in common are told once, for all of them. */
export function formatDiff(changes: readonly ProxyChange[], style: Style, nothing = "nothing would change"): string {
  if (changes.length === 0) return `${style.good("✓")} ${nothing}`;
  const whole = changes.flatMap(({ proxy, state }) =>
    state === "changed" ? [] : [state === "added" ? style.good(`+ proxy ${proxy}`) : style.bad(`- proxy ${proxy}`)],
  );
  const inner = changes.flatMap(({ proxy, resources }) => resources.map((resource) => ({ proxy, resource })));
  const alike = Map.groupBy(inner, ({ resource }) => formatResource(resource, style));
  const blocks = [...alike].map(
    ([text, of]) => `${text}\n  ${style.faint(`for ${several(of.map(({ proxy }) => proxy))}`)}`,
  );
  return [...whole, ...blocks].join("\n");
}

function several(names: readonly string[]): string {
  const shown = names.slice(0, MOST_OBJECTS).join(", ");
  return names.length > MOST_OBJECTS ? `${shown} and ${names.length - MOST_OBJECTS} more proxies` : shown;
}

const SIGNS = { added: "+", changed: "~", removed: "-" } as const;

function formatResource({ type, name, state, objects, fields }: ResourceChange, style: Style): string {
  const paint = { added: style.good, changed: style.doubtful, removed: style.bad }[state];
  const from = objects.slice(0, MOST_OBJECTS).map(({ kind, namespace, name: own, file, line }) => {
    return `${kind} ${namespace}/${own} (${file}:${line})`;
  });
  const more = objects.length > MOST_OBJECTS ? [`and ${objects.length - MOST_OBJECTS} more`] : [];
  const shown = fields.slice(0, MOST_FIELDS).flatMap((field) => formatField(field, style));
  const hidden = fields.length > MOST_FIELDS ? [`    and ${fields.length - MOST_FIELDS} more fields`] : [];
  const made = state === "changed" ? [] : [...from, ...more].map((text) => `    made from ${text}`);
  return [paint(`${SIGNS[state]} ${type} ${name}`), ...shown, ...hidden, ...made].join("\n");
}

/** A service of many objects makes routes of many objects; nobody reads them all. */
const MOST_OBJECTS = 3;
const MOST_FIELDS = 20;
const MOST_TEXT = 100;

function formatField({ path, before, after }: FieldChange, style: Style): string[] {
  return [
    `    ${path}`,
    ...(before === undefined ? [] : [`      ${style.bad(`- ${shorten(before)}`)}`]),
    ...(after === undefined ? [] : [`      ${style.good(`+ ${shorten(after)}`)}`]),
  ];
}

/** How the bytes of a policy's compiled program begin, in base64. */
const PROGRAM = "U0xQ";

function shorten(value: unknown): string {
  if (typeof value === "string" && value.startsWith(PROGRAM))
    return `a compiled policy, ${Buffer.from(value, "base64").length} bytes`;
  const text = JSON.stringify(value);
  return text.length <= MOST_TEXT ? text : `${text.slice(0, MOST_TEXT)}…`;
}
