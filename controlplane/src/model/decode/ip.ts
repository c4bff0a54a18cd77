const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/;

/** 4 or 6 for an IP address of that version, 0 for any other text. */
export function isIP(text: string): 0 | 4 | 6 {
  if (IPV4.test(text)) return 4;
  return isIPv6(text) ? 6 : 0;
}

/** Eight groups of hexadecimal digits, of which one run of zeros may be left out (`::`). */
function isIPv6(text: string): boolean {
  const halves = text.split("::");
  if (!text.includes(":") || halves.length > 2) return false;
  const groups = halves.flatMap((half) => (half === "" ? [] : half.split(":")));
  const count = halves.length === 2 ? groups.length < 8 : groups.length === 8;
  return count && groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group));
}
