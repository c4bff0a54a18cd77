import type { WasmModule } from "../wasm/index.ts";
import { error } from "./finding.ts";
import type { Finding } from "./finding.ts";

const PAGES_PER_MIB = 16;
/** Envoy's limit for a VM: 1 GiB. */
const MAX_PAGES = 1024 * PAGES_PER_MIB;

/** The memory that a module begins with. One that may only grow beyond the limit is well: growing fails then. */
export function checkDeclaredMemory({ memories }: WasmModule): Finding[] {
  return memories
    .filter(({ min }) => min > MAX_PAGES)
    .map(({ min }) =>
      error(
        "memory-limit",
        `begins with ${min / PAGES_PER_MIB} MiB of memory; Envoy gives a VM at most 1024 MiB`,
        "lower --initialMemory, or the size of static data",
      ),
    );
}
