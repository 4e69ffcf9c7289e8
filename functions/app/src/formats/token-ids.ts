/** The ids of a text's tokens in place of the text, as the engine takes them; a text as it is. */
export function tokenIds(input: unknown): unknown {
  return Array.isArray(input) ? { tokens: input } : input;
}
