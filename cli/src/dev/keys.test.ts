import { EventEmitter } from "node:events";
import { describe, expect, it } from "vitest";
import { listenForKeys } from "./keys.ts";
import type { Key } from "./keys.ts";

class Keyboard extends EventEmitter {
  isTTY = true;
  raw = false;
  setRawMode(raw: boolean): void {
    this.raw = raw;
  }
  setEncoding(): void {}
  resume(): void {}
  pause(): void {}
}

describe("keys", () => {
  it("mean something, in capitals too; others do not", () => {
    const keyboard = new Keyboard();
    const pressed: Key[] = [];
    const stop = listenForKeys(keyboard, (key) => pressed.push(key));
    expect(keyboard.raw).toBe(true);
    for (const text of ["r", "L", "xyz", "q", "\u0003"]) keyboard.emit("data", text);
    expect(pressed).toEqual(["reload", "level", "quit", "quit"]);
    stop();
    keyboard.emit("data", "r");
    expect(pressed).toHaveLength(4);
    expect(keyboard.raw).toBe(false);
  });

  it("are not read where there is no terminal", () => {
    const keyboard = new Keyboard();
    keyboard.isTTY = false;
    listenForKeys(keyboard, () => undefined)();
    expect(keyboard.listenerCount("data")).toBe(0);
  });
});
