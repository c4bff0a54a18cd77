// `npm test`: the one command that proves the project. Sets up what it needs (packages, xDS types, filters, a container
// engine), then checks types, lint and format, runs the unit tests, and the integration tests in real Envoys.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ensureDocker } from "./docker.mjs";
import { environment, node24, root, setup } from "./setup.mjs";

const reports = join(root, ".build", "test");
const bin = (name) => join(root, "node_modules", ".bin", name);
const results = [];
let tests = { passed: 0, failed: 0, skipped: 0 };

setup();
rmSync(reports, { recursive: true, force: true });
mkdirSync(reports, { recursive: true });

const engine = await ensureDocker({ log: (line) => console.log(`docker: ${line}`) });
if (!engine.available && process.env.CI === "true") {
  console.error(`containers are required where CI=true, and there is no engine: ${engine.reason}`);
  process.exit(1);
}
const kind = engine.available ? "container" : "process";

const prepared =
  step("xDS types", node24, [join(root, "controlplane", "proto", "generate.ts")]) &&
  step("filters", node24, [join(root, "cli", "src", "main.ts"), "build"]);
if (prepared) {
  step("types", bin("tsc"), ["-b"]);
  step("lint", bin("oxlint"), ["--type-aware", "--deny-warnings"]);
  step("format", bin("oxfmt"), ["--check"]);
  vitest("unit");
  vitest("integration", { SLUICE_TEST_ENVOY: kind });
}
summary();

/** Runs one step with its output passed through; true when it ended well. */
function step(name, command, args, extra = {}) {
  console.log(`\n── ${name} ${"─".repeat(Math.max(2, 70 - name.length))}`);
  const started = Date.now();
  const { status } = spawnSync(command, args, { cwd: root, stdio: "inherit", env: environment(extra) });
  results.push({ name, ok: status === 0, seconds: (Date.now() - started) / 1000 });
  return status === 0;
}

function vitest(project, extra = {}) {
  const report = join(reports, `${project}.json`);
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  step(`${project} tests`, bin("vitest"), ["run", "--project", project, ...reporters], extra);
  try {
    const counts = JSON.parse(readFileSync(report, "utf8"));
    tests.passed += counts.numPassedTests;
    tests.failed += counts.numFailedTests;
    tests.skipped += counts.numPendingTests + counts.numTodoTests;
  } catch {
    tests.failed += 1;
    console.error(`${project} tests wrote no report: they did not run`);
  }
}

function summary() {
  console.log(`\n── summary ${"─".repeat(63)}`);
  for (const { name, ok, seconds } of results) {
    console.log(`${ok ? "ok    " : "FAILED"} ${name.padEnd(20)} ${seconds.toFixed(1).padStart(6)} s`);
  }
  console.log(
    kind === "container"
      ? "Envoy ran in containers started by testcontainers"
      : `Envoy ran as a process: no container engine (${engine.reason})`,
  );
  const steps = results.filter(({ ok }) => !ok).length;
  const ok = prepared && steps === 0 && tests.failed === 0 && tests.passed > 0;
  console.log(`${tests.passed} passed, ${tests.failed} failed, ${tests.skipped} skipped`);
  process.exit(ok ? 0 : 1);
}
