/** Sentence ends by a rule, for documents that come without them. AllenNLP has them of spaCy's parser. */

/** Marks that end a sentence, and what may stand behind them in it: marks that close, white space. */
const END = /^[.!?…]+$/u;
const CLOSING = /^(?:['"”’»)\]}]+|\s+)$/u;

/** A sentence ends with `.`, `!`, `?` or `…` and the quotes and brackets that close after it; the last one ends with the text. */
export function splitSentences(words: readonly string[]): string[][] {
  const sentences: string[][] = [];
  let hasEnded = true;
  for (const word of words) {
    if (hasEnded && !(CLOSING.test(word) && sentences.length > 0)) {
      sentences.push([]);
      hasEnded = false;
    }
    sentences.at(-1)?.push(word);
    hasEnded ||= END.test(word);
  }
  return sentences;
}
