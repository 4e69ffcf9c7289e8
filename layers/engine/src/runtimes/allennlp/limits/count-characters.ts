/** Characters of all texts of an input, without following it deeper than any input is. */
const DEEPEST = 16;

export function countCharacters(input: unknown, depth = 0): number {
  if (typeof input === 'string') return input.length;
  if (typeof input !== 'object' || input === null || depth > DEEPEST) return 1;
  let characters = 0;
  for (const value of Object.values(input)) characters += countCharacters(value, depth + 1);
  return characters;
}
