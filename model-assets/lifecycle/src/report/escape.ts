const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/**
 * A text as markup, between tags or within a quoted attribute. Control characters, and those that turn the direction of the text around
 * them, are spelled out: `\u202e`.
 */
export function escapeMarkup(text: string): string {
  return spellControls(text).replace(/[&<>"']/g, (character) => ESCAPES[character] ?? character);
}

/** A text in which nothing steers a terminal, or the direction of the text around it. Blanks stay. */
export function spellControls(text: string): string {
  return text.replace(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that must not reach a page or a terminal
    /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]|\p{Surrogate}/gu,
    (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  );
}
