import { messageOf } from "./errors.ts";
import { saveState } from "./state-file.ts";

/** Writes one state at a time, and of those that come meanwhile only the last. */
export function stateSaver(
  path: string,
  log: (line: string) => void,
): { save: (state: object) => void; done: () => Promise<void> } {
  let next: object | undefined;
  let running: Promise<void> | undefined;
  const run = async (): Promise<void> => {
    while (next !== undefined) {
      const state = next;
      next = undefined;
      try {
        await saveState(path, state);
      } catch (error) {
        log(`warning: ${path}: cannot be written: ${messageOf(error)}`);
      }
    }
    running = undefined;
  };
  return {
    save(newest) {
      next = newest;
      running ??= run();
    },
    done: async () => running,
  };
}
