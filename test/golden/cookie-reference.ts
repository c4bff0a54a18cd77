/** What becomes of a Set-Cookie header, written down plainly: the judge of the filter's. */
export function withAttributes(value: string, attributes: string): string {
  const names = attributes.split(";").slice(1).map(nameOf);
  const [first = "", ...rest] = value.split(";");
  return [first, ...rest.filter((one) => !names.includes(nameOf(one)))].join(";") + attributes;
}

export function isCookie(value: string, name: string): boolean {
  const first = value.split(";")[0] ?? "";
  return name === "*" || trim(first.split("=")[0] ?? "") === name;
}

function nameOf(attribute: string): string {
  return trim(attribute.split("=")[0] ?? "").toLowerCase();
}

function trim(text: string): string {
  return text.replaceAll(/^[ \t]+|[ \t]+$/g, "");
}
