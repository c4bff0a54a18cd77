/** Signs that nobody sees, or takes for a blank: of control, of no width, of direction, and blanks that do not break. */
const UNSEEN = /(?! )[\p{Cc}\p{Cf}\p{Z}]/gu;

/** The text with what cannot be seen written as `\u{200b}`, for messages. */
export function visible(text: string): string {
  return text.replace(UNSEEN, (sign) => `\\u{${(sign.codePointAt(0) ?? 0).toString(16)}}`);
}

/** The text without what cannot be seen and without quotes as word processors make them; undefined where that is all the same. */
export function withoutOddSigns(text: string): string | undefined {
  const plain = text
    .replace(UNSEEN, "")
    .replace(/[\u2018-\u201F\u00AB\u00BB]/g, "")
    .trim();
  return plain === text || plain === "" ? undefined : plain;
}
