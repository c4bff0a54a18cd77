/** A line of a Procfile: the program's name, which is that of its WorkloadEntry, and the shell command that starts it. */
export interface ProcfileEntry {
  readonly name: string;
  readonly command: string;
}

export interface ProcfileProblem {
  /** Counts from 1. */
  readonly line: number;
  readonly message: string;
}

export interface Procfile {
  readonly entries: readonly ProcfileEntry[];
  /** From comments `# try: COMMAND`: what a person may run once the mesh is up. */
  readonly tries: readonly string[];
  /** From a comment `# open: URL`: what to look at first. */
  readonly open?: string;
  readonly problems: readonly ProcfileProblem[];
}

const ENTRY = /^([A-Za-z0-9][A-Za-z0-9._-]*)\s*:\s*(\S.*)$/;
const HINT = /^#\s*(try|open):\s*(\S.*)$/;

/**
 * Reads the well-known format `name: command`, one entry a line; empty lines and lines that begin with `#` are comments.
 * Bad lines are reported and left out.
 */
export function parseProcfile(text: string): Procfile {
  const entries: ProcfileEntry[] = [];
  const tries: string[] = [];
  const problems: ProcfileProblem[] = [];
  let open: string | undefined;
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.trim();
    const [, kind, hint = ""] = HINT.exec(line) ?? [];
    if (kind === "try") tries.push(hint);
    if (kind === "open") open ??= hint;
    if (line === "" || line.startsWith("#")) continue;
    const [, name, command] = ENTRY.exec(line) ?? [];
    if (name === undefined || command === undefined) {
      problems.push({ line: index + 1, message: "expected `name: command`" });
    } else if (entries.some((entry) => entry.name === name)) {
      problems.push({ line: index + 1, message: `${name} is already there: a name can stand only once` });
    } else {
      entries.push({ name, command });
    }
  }
  return { entries, tries, problems, ...(open === undefined ? {} : { open }) };
}
