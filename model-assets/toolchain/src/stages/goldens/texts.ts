import type { TaskName } from '@pilotlight/engine';

/** Texts that any tokenizer must take: empty, blank, long words, scripts, marks, emoji, markup, control characters. */
const COMMON = [
  '',
  ' ',
  '.',
  'a',
  'OK',
  'Hello, world!',
  'The quick brown fox jumps over the lazy dog.',
  'THIS IS WRITTEN IN CAPITALS!!!',
  'Tabs\tand\nnew lines\r\nand   several   spaces',
  'café, naïve, Zürich, São Paulo, Łódź',
  'e\u0301 is written with a combining accent, é without',
  'It costs €1,299.99 (about $1,400) — or does it?',
  'Emoji: 😀 👩‍👩‍👧‍👦 🇨🇭 👍🏽',
  '日本語の文章と中文句子',
  'Привет, как дела? Γειά σου κόσμε.',
  'مرحبا بالعالم שלום עולם',
  'नमस्ते दुनिया สวัสดีชาวโลก',
  'see https://example.com/a?b=c&d=e#f or mail someone@example.com',
  '<p class="x">markup &amp; entities</p>',
  'const f = (x) => x ** 2; // code',
  'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft',
  'zero\u200bwidth, soft\u00adhyphen, non\u00a0breaking, \ufeffmark',
  "don't can't won't I'd've",
] as const;

const BY_TASK: Readonly<Partial<Record<TaskName, readonly string[]>>> = {
  'text-classification': [
    'I love this, it works better than I had hoped.',
    'What a waste of money: it broke after two days.',
    'Not bad at all.',
    'It does not do what it promises.',
    'The plot is thin, but the actors carry it.',
    'please transfer fifty dollars to my savings account',
    'what is the weather like in Boston tomorrow',
    'how do I reset my password',
    'set an alarm for six thirty in the morning',
    'I have no strong feelings one way or the other.',
  ],
  'token-classification': [
    'Book a table for four at the Blue Elephant in Zürich on Friday at 8 pm',
    'play the latest album by Miles Davis on Spotify',
    'add this song to my summer road trip playlist',
    'what will the weather be in Paris, Texas next Tuesday',
    'rate The Old Man and the Sea four out of six stars',
    'find showtimes for animated movies at the nearest cinema',
    'Angela Merkel met Emmanuel Macron in Berlin on 14 March 2019.',
    'IBM and the University of Oxford signed an agreement worth $3.5 million.',
    'wake me at 6:30 tomorrow',
    'nothing here has a name',
  ],
  'feature-extraction': [
    'A man is playing a guitar on stage.',
    'Someone performs music in front of an audience.',
    'The central bank raised interest rates by a quarter of a point.',
    'Interest rates went up again.',
    'How do I return an item that I bought online?',
    'Our refund policy allows returns within thirty days.',
    'The mitochondrion is the powerhouse of the cell.',
    'Photosynthesis turns light into chemical energy.',
    'query: best hiking trails near the lake',
    'passage: The trail around the lake takes two hours.',
  ],
};

const PARAGRAPH =
  'Nobody had expected the letter to arrive that late in the year, and when it did, the whole house came down to ' +
  'read it. It was short. It spoke of the harvest, of rain, of a horse that had been sold for less than it was ' +
  'worth, and of a visit in spring, "if the roads allow it". Someone laughed; someone else began to look for a ' +
  'calendar. By evening there were three plans and two quarrels, and the dog had eaten the envelope. ';

/** Texts for a model of `task`: at least 32, from empty to longer than `maxTokens`. */
export function builtInTexts(task: TaskName, maxTokens: number): readonly string[] {
  const words = PARAGRAPH.trim().split(' ');
  const text = (length: number): string =>
    Array.from({ length }, (_, index) => words[index % words.length]).join(' ');
  return [
    ...COMMON,
    ...(BY_TASK[task] ?? BY_TASK['feature-extraction'] ?? []),
    text(40),
    text(Math.ceil(maxTokens / 3)),
    text(maxTokens),
  ];
}
