/** How a policy's program is laid out after the common header: what docs/policy-program.md says, as data. */
export interface Layout {
  readonly scalars: readonly string[];
  readonly tables: Readonly<Record<string, readonly string[]>>;
  readonly hasStrings: boolean;
}

export const LAYOUTS = {
  authorization: {
    scalars: ["exactSeed", "edgeSeed", "matcherCount"],
    hasStrings: true,
    tables: {
      facts: ["kind", "name", "present", "prefixes", "suffixes", "templates", "ipv4", "ipv6"],
      exact: ["hash", "fact", "string", "matcher"],
      tries: ["kind|byte", "label", "matcher", "firstChild", "childCount"],
      blocks: ["bits", "word0", "word1", "word2", "word3", "matcher", "child0", "child1"],
      policies: ["namespace", "name"],
      rules: ["policy", "index", "firstFrom", "fromCount", "firstTo", "toCount", "firstTerm", "termCount"],
      clauses: ["firstTerm", "termCount"],
      terms: ["fact|flags", "firstMatcher", "matcherCount"],
      termMatchers: ["matcher"],
      nodes: ["fact", "firstPosting", "postingCount", "rest", "depth"],
      postings: ["rule"],
      edges: ["node", "matcher", "target"],
      sections: ["action", "root"],
    },
  },
  /** Its programs have golden files of their own. */
  bundle: {
    scalars: [],
    hasStrings: false,
    tables: { programs: ["policy", "offset", "length"] },
  },
  fault: {
    scalars: [],
    hasStrings: true,
    tables: {
      rules: [
        "name",
        "flags",
        "firstCondition",
        "conditionCount",
        "expiresLow",
        "expiresHigh",
        "attempts",
        "optOut",
        "seed",
        "delayPerMillion",
        "firstPoint",
        "pointCount",
        "abortPerMillion",
        "firstStatus",
        "statusCount",
        "body",
        "contentType",
        "maxActive",
        "maxPerSecond",
        "dripPerMillion",
        "kibPerSecond",
        "truncatePerMillion",
        "truncateBytes",
        "firstCode",
        "codeCount",
      ],
      conditions: ["header", "operator", "value"],
      statuses: ["cumulativeWeight", "httpStatus", "grpcStatus"],
      points: ["share", "ms"],
      codes: ["first", "last"],
    },
  },
  headers: {
    scalars: [],
    hasStrings: true,
    tables: {
      groups: ["cluster", "firstRequest", "requestCount", "firstResponse", "responseCount"],
      operations: ["kind", "name", "value", "partCount"],
      parts: ["kind", "text"],
    },
  },
  telemetry: {
    scalars: ["side", "protocol", "isTls", "maxCombinations", "intervalMs"],
    hasStrings: true,
    tables: {
      series: ["enabled", "firstLabel", "labelCount"],
      labels: ["name", "source", "operand"],
      facts: ["moment", "firstStep", "stepCount"],
      expressions: ["firstStep", "stepCount"],
      steps: ["code", "operand"],
    },
  },
} as const satisfies Record<string, Layout>;

const HEADER_BYTES = 16;

/** A program as text: each word in hexadecimal, as it stands in memory, with the name and the value of the field. */
export function annotate(program: Uint8Array, layout: Layout): string {
  const view = new DataView(program.buffer, program.byteOffset, program.byteLength);
  const lines: string[] = [];
  const line = (at: number, size: number, note: string): void => {
    const hex = [...program.subarray(at, at + size)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
    lines.push(`${at.toString(16).padStart(4, "0")}  ${hex}  ${note}`);
  };
  const word = (at: number): number => view.getUint32(at, true);
  line(0, 4, "magic");
  line(4, 4, `policy ${view.getUint16(4, true)}, version ${view.getUint16(6, true)}`);
  line(8, 4, `length ${word(8)}`);
  line(12, 4, "checksum");
  let at = HEADER_BYTES;
  for (const name of layout.scalars) {
    line(at, 4, `${name} ${word(at)}`);
    at += 4;
  }
  const tables = [...(layout.hasStrings ? ["strings"] : []), ...Object.keys(layout.tables)];
  const references = tables.map((name) => {
    const reference = { name, offset: word(at), count: word(at + 4) };
    line(at, 8, `${name}: ${reference.count} from ${reference.offset.toString(16).padStart(4, "0")}`);
    at += 8;
    return reference;
  });
  const strings = references.find((reference) => reference.name === "strings");
  for (const { name, offset, count } of references) {
    const columns = name === "strings" ? ["offset", "length"] : (layout.tables[name] ?? []);
    for (let i = 0; i < count; i++) {
      const record = offset + i * columns.length * 4;
      const fields = columns.map((column, k) => `${column} ${hexOfLarge(word(record + k * 4))}`);
      line(record, columns.length * 4, `${name}[${i}]: ${fields.join(", ")}`);
    }
  }
  for (let i = 0; i < (strings?.count ?? 0); i++) {
    const record = (strings?.offset ?? 0) + i * 8;
    const bytes = program.subarray(word(record), word(record) + word(record + 4));
    lines.push(
      `${word(record).toString(16).padStart(4, "0")}  strings[${i}] = ${JSON.stringify(new TextDecoder().decode(bytes))}`,
    );
  }
  return lines.join("\n");
}

function hexOfLarge(value: number): string {
  if (value === 0xffff_ffff) return "none";
  return value > 0xffff ? `0x${value.toString(16)}` : String(value);
}
