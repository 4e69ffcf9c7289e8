/** Exact match and F1 of short answers, as the evaluation script of SQuAD 2.0 counts them. */

/** The characters of `string.punctuation` of Python. */
const PUNCTUATION = /[!"#$%&'()*+,\-./:;<=>?@[\\\]^_`{|}~]/g;
/** Words as `\b` of Python has them: of letters, digits and underscores of any script. */
const ARTICLES = /(?<![\p{L}\p{N}_])(?:a|an|the)(?![\p{L}\p{N}_])/gu;

/** An answer without case, punctuation, the articles of English, and blanks that are more than one. */
export function normaliseAnswer(answer: string): string {
  return answer
    .toLowerCase()
    .replaceAll(PUNCTUATION, '')
    .replaceAll(ARTICLES, ' ')
    .split(/\s+/)
    .filter((word) => word !== '')
    .join(' ');
}

/** 1 where the answer is one of `gold`, else 0. No answer (an empty one) is right where `gold` has none. */
export function answerExactMatch(answer: string, gold: readonly string[]): number {
  const normal = normaliseAnswer(answer);
  return orNone(gold).some((one) => normaliseAnswer(one) === normal) ? 1 : 0;
}

/** The best F1 of the words that the answer shares with one of `gold`, 0 to 1. */
export function answerF1(answer: string, gold: readonly string[]): number {
  return Math.max(...orNone(gold).map((one) => overlap(wordsOf(answer), wordsOf(one))));
}

const orNone = (gold: readonly string[]): readonly string[] => (gold.length === 0 ? [''] : gold);

function wordsOf(text: string): string[] {
  const normal = normaliseAnswer(text);
  return normal === '' ? [] : normal.split(' ');
}

function overlap(answer: readonly string[], gold: readonly string[]): number {
  if (answer.length === 0 || gold.length === 0) return answer.length === gold.length ? 1 : 0;
  const left = new Map<string, number>();
  for (const word of gold) left.set(word, (left.get(word) ?? 0) + 1);
  let common = 0;
  for (const word of answer) {
    const count = left.get(word) ?? 0;
    if (count === 0) continue;
    common += 1;
    left.set(word, count - 1);
  }
  return (2 * common) / (answer.length + gold.length);
}
