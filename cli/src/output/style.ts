import { styleText } from "node:util";

/** Colours by meaning. */
export interface Style {
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly doubtful: (text: string) => string;
  readonly strong: (text: string) => string;
  readonly faint: (text: string) => string;
}

/** No colours: for files, for pipes, and where NO_COLOR is set. */
export const PLAIN: Style = { good: same, bad: same, doubtful: same, strong: same, faint: same };

const COLOURED: Style = {
  good: paint("green"),
  bad: paint("red"),
  doubtful: paint("yellow"),
  strong: paint("bold"),
  faint: paint("dim"),
};

/** What the arguments say of colours: the last of --color and --no-color; undefined when neither is there. */
export function colourWish(args: readonly string[]): boolean | undefined {
  const ours = args.includes("--") ? args.slice(0, args.indexOf("--")) : args;
  const last = ours.findLast((arg) => arg === "--color" || arg === "--no-color");
  return last === undefined ? undefined : last === "--color";
}

/**
 * Colours where the arguments wish them; without a wish where the stream is a terminal, and the environment does not
 * forbid them (https://no-color.org).
 */
export function styleFor(
  stream: { readonly isTTY?: boolean },
  env: Readonly<Record<string, string | undefined>>,
  wish?: boolean,
): Style {
  if (wish !== undefined) return wish ? COLOURED : PLAIN;
  const forbidden = (env["NO_COLOR"] ?? "") !== "" || env["TERM"] === "dumb";
  return stream.isTTY === true && !forbidden ? COLOURED : PLAIN;
}

function same(text: string): string {
  return text;
}

function paint(format: "green" | "red" | "yellow" | "bold" | "dim"): (text: string) => string {
  return (text) => styleText(format, text, { validateStream: false });
}
