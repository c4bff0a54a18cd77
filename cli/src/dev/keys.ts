/** What a key asks for. */
export type Key = "reload" | "level" | "quit";

/** A terminal's keyboard, as process.stdin is one. */
export interface Keyboard {
  readonly isTTY?: boolean;
  setRawMode?(raw: boolean): unknown;
  setEncoding(encoding: "utf8"): unknown;
  on(event: "data", listener: (text: string) => void): unknown;
  off(event: "data", listener: (text: string) => void): unknown;
  resume(): unknown;
  pause(): unknown;
}

const CTRL_C = "\u0003";
const CTRL_D = "\u0004";
const KEYS: Readonly<Record<string, Key>> = { r: "reload", l: "level", q: "quit", [CTRL_C]: "quit", [CTRL_D]: "quit" };

/**
 * Calls back for each key that means something; the function that comes back gives the terminal its own manner again. In raw
 * mode Ctrl-C is a key like any other. Without a terminal there are no keys, and signals do what `quit` does.
 */
export function listenForKeys(keyboard: Keyboard, onKey: (key: Key) => void): () => void {
  if (keyboard.isTTY !== true || keyboard.setRawMode === undefined) return () => undefined;
  const listener = (text: string): void => {
    for (const letter of text) {
      const key = KEYS[letter.toLowerCase()];
      if (key !== undefined) onKey(key);
    }
  };
  keyboard.setRawMode(true);
  keyboard.setEncoding("utf8");
  keyboard.on("data", listener);
  keyboard.resume();
  return () => {
    keyboard.off("data", listener);
    keyboard.setRawMode?.(false);
    keyboard.pause();
  };
}
