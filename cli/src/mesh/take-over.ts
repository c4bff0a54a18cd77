import { Failure } from "../failure.ts";
import { joinWords } from "../output/join-words.ts";
import { endLeftovers, isAlive, readRunState } from "../process/run-file.ts";

/**
 * Sees to what an earlier run of the same mesh has left: one that still runs is a Failure; what one that was killed could not
 * stop is stopped now.
 */
export async function takeOver(runFile: string, log: (line: string) => void): Promise<void> {
  const earlier = await readRunState(runFile);
  if (earlier === undefined) return;
  if (await isAlive(earlier.up)) {
    throw new Failure(
      `this mesh is already up: process ${earlier.up.pid} runs it (${runFile}).\n` +
        `Stop it with \`kill ${earlier.up.pid}\`, or look at it with \`sluice status\`.`,
    );
  }
  const ended = await endLeftovers(earlier.children);
  if (ended.length > 0)
    log(`  stopped what an earlier run had left: ${joinWords(ended.map(({ name, pid }) => `${name} (${pid})`))}`);
}
