/**
 * The contractions that spaCy's English tokenizer divides: `don't` is `do` and `n't`, and `dont` is `do` and `nt`. They are made
 * from the words that take them, as spaCy 3.6 has them (spacy/lang/en, MIT).
 */

/** The parts of a contraction; joined they are its text. */
type Parts = readonly string[];

/** With and without the apostrophe, in small letters and with a capital. */
function forms(words: readonly string[], endings: readonly Parts[]): Parts[] {
  return words.flatMap((word) =>
    [word, capital(word)].flatMap((start) =>
      endings.flatMap((ending) => [
        [start, ...ending],
        [start, ...ending.map((part) => part.replaceAll("'", ''))],
      ]),
    ),
  );
}

function capital(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1);
}

const WILL = [["'ll"], ["'ll", "'ve"]];
const WOULD = [["'d"], ["'d", "'ve"]];
const NOT = [["n't"]];
const NOT_HAVE = [["n't"], ["n't", "'ve"]];

const MADE: readonly Parts[] = [
  ...forms(['i'], [["'m"], ["'m", 'a']]),
  ...forms(['i', 'you', 'he', 'she', 'it', 'we', 'they'], [...WILL, ...WOULD]),
  ...forms(['i', 'you', 'we', 'they'], [["'ve"]]),
  ...forms(['you', 'we', 'they'], [["'re"]]),
  ...forms(['he', 'she', 'it'], [["'s"]]),
  ...forms(
    ['who', 'what', 'when', 'where', 'why', 'how', 'there', 'that', 'this', 'these', 'those'],
    [...WILL, ...WOULD],
  ),
  ...forms(['who', 'what', 'when', 'where', 'why', 'how', 'there', 'that', 'this'], [["'s"]]),
  ...forms(['who', 'what', 'when', 'where', 'why', 'how', 'there', 'these', 'those'], [["'re"], ["'ve"]]),
  ...forms(
    [
      'ca',
      'could',
      'do',
      'does',
      'did',
      'had',
      'may',
      'might',
      'must',
      'need',
      'ought',
      'sha',
      'should',
      'wo',
      'would',
    ],
    NOT_HAVE,
  ),
  ...forms(['could', 'might', 'must', 'should', 'would'], [["'ve"]]),
  ...forms(['ai', 'are', 'is', 'was', 'were', 'have', 'has', 'dare'], NOT),
  ...forms(['not'], [["'ve"]]),
];

const HOURS = Array.from({ length: 12 }, (_, index) => String(index + 1));
const TIMES = HOURS.flatMap((hour) => ['a.m.', 'am', 'p.m.', 'pm'].map((half): Parts => [hour, half]));

const OTHERS: readonly Parts[] = [
  ["y'", 'all'],
  ['y', 'all'],
  ['how', "'d", "'y"],
  ['How', "'d", "'y"],
  ['can', 'not'],
  ['Can', 'not'],
  ['gon', 'na'],
  ['Gon', 'na'],
  ['got', 'ta'],
  ['Got', 'ta'],
  ['let', "'s"],
  ['Let', "'s"],
  ["c'm", 'on'],
  ["C'm", 'on'],
  ...['c', 'f', 'k', 'C', 'F', 'K'].map((unit): Parts => ['°', unit, '.']),
];

/** Words that a contraction without its apostrophe would be. */
const WORDS = new Set(
  'Ill ill Its its Hell hell Shell shell Shed shed were Were Well well Whore whore'.split(' '),
);

export const CONTRACTIONS: readonly Parts[] = [...MADE, ...TIMES, ...OTHERS].filter(
  (parts) => !WORDS.has(parts.join('')),
);
