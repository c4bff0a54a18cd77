import { expect, test } from "vitest";
import { BASE, CASES } from "./cases.fixture.ts";
import { analyzeFiles, isAtLeast, MESSAGES, validateFiles, type Finding } from "./index.ts";

function analyze(text: string): Finding[] {
  return analyzeFiles([
    { path: "base.yaml", text: BASE },
    { path: "x.yaml", text },
  ]);
}

test("nothing is wrong with the mesh that the cases stand beside", () => {
  expect(analyze("")).toEqual([]);
});

test.each(CASES)("$code finds $what", ({ code, bad }) => {
  const found = analyze(bad).filter((finding) => finding.code === code);
  expect(found.length).toBeGreaterThan(0);
  for (const { position, name } of found) {
    expect(position.file).toMatch(/\.yaml$/);
    expect(name).not.toBe("");
  }
});

test.each(CASES)("$code is silent without $what", ({ code, good }) => {
  expect(analyze(good).filter((finding) => finding.code === code)).toEqual([]);
});

test("every message of ours has a case", () => {
  const tested = new Set(CASES.map(({ code }) => code));
  // Those of the decoders have theirs beside them.
  const elsewhere = ["IST0133", "IST0161"];
  const missing = Object.keys(MESSAGES).filter((code) => code.startsWith("IST") && !tested.has(code));
  expect(missing).toEqual(elsewhere);
});

/** What a user reads. To take over a change, delete the file, run this again and read the difference. */
test("what is printed for each case", async () => {
  const sections = CASES.map(({ code, what, bad }) => {
    const lines = analyze(bad).map(
      ({ position: { file, line, column }, severity, code: found, message, fix }) =>
        `${file}:${line}:${column}: ${severity} ${found} ${message}${fix === undefined ? "" : `\n  fix: ${fix}`}`,
    );
    return [`# ${code}: ${what}`, ...lines].join("\n");
  });
  await expect(`${sections.join("\n\n")}\n`).toMatchFileSnapshot("testdata/findings.txt");
});

test("what is wrong with one object does not hide what is wrong with the others", () => {
  const everything = CASES.map(({ bad }, index) => ({ path: `${String(index).padStart(2, "0")}.yaml`, text: bad }));
  const broken = { path: "broken.yaml", text: "a: [1\n---\nkind: 7\n---\n- x\n" };
  const alone = analyzeFiles([{ path: "base.yaml", text: BASE }, ...everything]);
  const beside = analyzeFiles([{ path: "base.yaml", text: BASE }, ...everything, broken]);
  const own = beside.filter(({ position }) => position.file !== "broken.yaml");
  expect(own).toEqual(alone);
  expect(beside.length).toBeGreaterThan(own.length);
});

test("an object that refers to nothing is still looked at", () => {
  const text = CASES.find(({ code }) => code === "IST0130")?.bad.replaceAll("host: a ", "host: gone ") ?? "";
  const codes = analyze(text).map(({ code }) => code);
  expect(codes).toContain("IST0101");
  expect(codes).toContain("IST0130");
});

test.each([
  ["the code", "IST0101", []],
  ["all codes", '"*"', []],
  ["another code", "IST0109", ["IST0101"]],
])("an object that suppresses %s", (_, codes, left) => {
  const bad = CASES.find(({ code }) => code === "IST0101")?.bad ?? "";
  const text = bad.replace(
    "namespace: shop",
    `namespace: shop, annotations: { galley.istio.io/analyze-suppress: ${codes} }`,
  );
  expect(analyze(text).map(({ code }) => code)).toEqual(left);
});

test("validation says nothing of what an object refers to", () => {
  const codes = (bad: string): string[] =>
    validateFiles([{ path: "x.yaml", text: bad }]).findings.map(({ code }) => code);
  const of = (code: string): string => CASES.find((one) => one.code === code)?.bad ?? "";
  expect(codes(of("IST0101"))).toEqual([]);
  expect(codes(of("IST0174"))).toEqual([]);
  expect(codes(of("IST0106"))).toEqual(["IST0106"]);
});

test.each([
  ["error", "error", true],
  ["warning", "error", false],
  ["error", "info", true],
  ["info", "warning", false],
] as const)("%s reaches the threshold %s: %s", (severity, threshold, reaches) => {
  expect(isAtLeast(severity, threshold)).toBe(reaches);
});
