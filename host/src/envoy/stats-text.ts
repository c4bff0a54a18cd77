/** One sample of the Prometheus text format. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/**
 * Counters and gauges of Envoy's `/stats` in its text form, `name: value` a line. Histograms and text readouts, whose
 * values are no plain numbers, are left out.
 */
export function parseStats(text: string): Map<string, number> {
  const stats = new Map<string, number>();
  for (const line of text.split("\n")) {
    // A name may hold ": " (a cluster's may), a number never does.
    const match = /^(.+): (-?\d+)$/.exec(line);
    if (match?.[1] !== undefined && match[2] !== undefined) stats.set(match[1], Number(match[2]));
  }
  return stats;
}

/** Every sample of a Prometheus exposition (text format 0.0.4). Lines that are none are passed over. */
export function parsePrometheus(text: string): Sample[] {
  const samples: Sample[] = [];
  for (const line of text.split("\n")) {
    const sample = line.startsWith("#") ? undefined : parseSample(line);
    if (sample !== undefined) samples.push(sample);
  }
  return samples;
}

function parseSample(line: string): Sample | undefined {
  const name = /^[a-zA-Z_:][a-zA-Z0-9_:]*/.exec(line)?.[0];
  if (name === undefined) return undefined;
  const labels: Record<string, string> = {};
  let at = name.length;
  if (line[at] === "{") {
    const end = readLabels(line, at + 1, labels);
    if (end === undefined) return undefined;
    at = end;
  }
  const value = parseValue(line.slice(at).trim().split(/\s+/)[0] ?? "");
  return value === undefined ? undefined : { name, labels, value };
}

/** Fills `labels` from `key="value",…}`; the index after the brace, or undefined when the line breaks off. */
function readLabels(line: string, from: number, labels: Record<string, string>): number | undefined {
  const label = /\s*([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"\s*,?/y;
  let at = from;
  for (;;) {
    if (line[at] === "}") return at + 1;
    label.lastIndex = at;
    const match = label.exec(line);
    if (match?.[1] === undefined || match[2] === undefined) return undefined;
    labels[match[1]] = match[2].replaceAll(/\\(.)/g, (_, escaped: string) => (escaped === "n" ? "\n" : escaped));
    at = label.lastIndex;
  }
}

function parseValue(text: string): number | undefined {
  if (text === "+Inf") return Number.POSITIVE_INFINITY;
  if (text === "-Inf") return Number.NEGATIVE_INFINITY;
  if (text === "NaN") return Number.NaN;
  return text === "" || Number.isNaN(Number(text)) ? undefined : Number(text);
}
