import { EXIT } from "../failure.ts";
import { outputOption, toJson } from "./output-option.ts";
import type { OutputFormat } from "./output-option.ts";
import type { Verb } from "./verb.ts";

export const doctorVerb: Verb = {
  name: "doctor",
  group: "This command",
  summary: "does this machine have all that Sluice needs, and if not, what to do",
  about:
    "Looks at Node, the compiler, Envoy and its Wasm runtime, Docker, ports and folders. It changes and fetches nothing.",
  examples: [
    ["sluice doctor", ""],
    [`sluice doctor -o json | jq '.checks[] | select(.state == "failed")'`, ""],
  ],
  exitCodes: { 0: "nothing fails", 1: "something does, with the fix below it" },
  define: (command, { terminal, progress, setExitCode }) =>
    command.addOption(outputOption()).action(async ({ output }: { readonly output: OutputFormat }) => {
      const { diagnose } = await import("../doctor/diagnose.ts");
      const { isWell } = await import("../doctor/diagnosis.ts");
      const { formatDoctor } = await import("../output/doctor-report.ts");
      const checks = await progress.during("looking around", diagnose());
      const ok = isWell(checks);
      terminal.line(output === "json" ? toJson({ ok, checks }) : formatDoctor(checks, terminal.style));
      setExitCode(ok ? EXIT.ok : EXIT.failed);
    }),
};
