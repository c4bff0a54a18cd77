import { styleText } from "node:util";

/** Colours by meaning. */
export interface Style {
  good(text: string): string;
  bad(text: string): string;
  doubtful(text: string): string;
  strong(text: string): string;
  faint(text: string): string;
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

/** Colours where the stream is a terminal, and the environment does not forbid them (https://no-color.org). */
export function styleFor(
  stream: { readonly isTTY?: boolean },
  env: Readonly<Record<string, string | undefined>>,
): Style {
  const forbidden = (env["NO_COLOR"] ?? "") !== "" || env["TERM"] === "dumb";
  return stream.isTTY === true && !forbidden ? COLOURED : PLAIN;
}

function same(text: string): string {
  return text;
}

function paint(format: "green" | "red" | "yellow" | "bold" | "dim"): (text: string) => string {
  return (text) => styleText(format, text, { validateStream: false });
}
