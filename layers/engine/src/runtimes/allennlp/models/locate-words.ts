/**
 * Where words stand in the text that they were split from, one after the other, in UTF-16 code units. A word that is not there, because
 * the tokenizer changed it, is empty, behind the word before it.
 */
export function locateWords(
  text: string,
  words: readonly string[],
): { readonly start: number; readonly end: number }[] {
  let cursor = 0;
  return words.map((word) => {
    const found = text.indexOf(word, cursor);
    const start = found < 0 ? cursor : found;
    const end = found < 0 ? cursor : found + word.length;
    cursor = end;
    return { start, end };
  });
}
