// Builds the tokenizer of the frames model: byte-pair merges over words, cased, for a source and a target that share their pieces.
//
//   node build_frame_tokenizer.mjs <datasets folder> <output tokenizer.json> [vocabulary size] [merges]
//
// A word falls into the same pieces with a space before it and without: the merges that join a space to a piece come
// after all others. So a value is copied piece by piece, and its first piece alone loses the space ("artist=Miles Davis").
// The trainer of the Node binding takes no options; it lists merges in the order in which they were learned.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const { BPE, Tokenizer, whitespaceSplitPreTokenizer } = createRequire(import.meta.url)('tokenizers');

const SPACE = '▁';
const SPECIAL_TOKENS = ['<pad>', '</s>', '<unk>'];
const BYTES = Array.from(
  { length: 256 },
  (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`,
);

// How often each corpus is counted: pieces should fit requests and names.
const CORPORA = { snips: 4, clinc150: 1, sentiment_mix: 1 };

// Characters seen less often than this are written as bytes.
const MINIMUM_CHARACTER_COUNT = 25;

// Letters stay together; a digit and a mark are units of their own.
const UNIT = '[\\p{L}\\p{M}]+|[^\\s\\p{L}\\p{M}▁]';

const [datasets, output, size = '6144', merges = '3300'] = process.argv.slice(2);

const readRows = (corpus) =>
  readFileSync(join(datasets, corpus, 'train.jsonl'), 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));

const frames = readRows('snips');
const slots = [...new Set(frames.flatMap(({ spans }) => spans.map(({ label }) => label)))].sort();
const structure = [
  ...[...new Set(frames.map(({ intent }) => `${intent}(`))].sort(),
  ...slots.flatMap((slot) => [`${slot}=`, `, ${slot}=`]),
];

const characterCounts = new Map();
const wordCounts = new Map();
const lines = [];
for (const [corpus, times] of Object.entries(CORPORA)) {
  for (const { text } of readRows(corpus)) {
    const normal = text.normalize('NFC');
    const units = normal.match(new RegExp(UNIT, 'gu')) ?? [];
    for (const character of normal) {
      characterCounts.set(character, (characterCounts.get(character) ?? 0) + times);
    }
    for (const word of normal.split(/\s+/u)) {
      const first = word.match(new RegExp(UNIT, 'u'))?.[0];
      if (first) wordCounts.set(first, (wordCounts.get(first) ?? 0) + times);
    }
    lines.push(...Array.from({ length: times }, () => units.join(' ')));
  }
}
const alphabet = [...characterCounts]
  .filter(([character, count]) => count >= MINIMUM_CHARACTER_COUNT && !/\s/u.test(character))
  .map(([character]) => character)
  .sort();

const scratch = mkdtempSync(join(tmpdir(), 'tokenizer-'));
const corpusFile = join(scratch, 'corpus.txt');
writeFileSync(corpusFile, lines.join('\n'));
const trained = new Tokenizer(BPE.empty());
trained.setPreTokenizer(whitespaceSplitPreTokenizer());
trained.train([corpusFile]);
const trainedFile = join(scratch, 'trained.json');
trained.save(trainedFile);
const { merges: allMerges } = JSON.parse(readFileSync(trainedFile, 'utf8')).model;
rmSync(scratch, { recursive: true });

const isKnown = (piece) => [...piece].every((character) => alphabet.includes(character));
const learned = allMerges
  .map((merge) => (Array.isArray(merge) ? merge : merge.split(' ')))
  .filter(([left, right]) => isKnown(left) && isKnown(right))
  .slice(0, Number(merges));
const pieces = [...new Set([...alphabet, ...learned.map(([left, right]) => left + right)])];

const model = (tokens, pairs) => ({
  type: 'BPE',
  dropout: null,
  unk_token: '<unk>',
  continuing_subword_prefix: null,
  end_of_word_suffix: null,
  fuse_unk: false,
  byte_fallback: true,
  ignore_merges: false,
  vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
  merges: pairs,
});
const added = (content, id, special) => ({
  id,
  content,
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized: false,
  special,
});
const tokenizerOf = (tokens, pairs) => ({
  version: '1.0',
  truncation: null,
  padding: null,
  added_tokens: [
    ...SPECIAL_TOKENS.map((token) => added(token, tokens.indexOf(token), true)),
    ...structure.map((token) => added(token, tokens.indexOf(token), false)),
  ],
  normalizer: {
    type: 'Sequence',
    normalizers: [{ type: 'NFC' }, { type: 'Replace', pattern: { Regex: '\\s+' }, content: ' ' }],
  },
  pre_tokenizer: {
    type: 'Sequence',
    pretokenizers: [
      { type: 'Metaspace', replacement: SPACE, prepend_scheme: 'first', split: true },
      {
        type: 'Split',
        pattern: { Regex: `▁?[\\p{L}\\p{M}]+|▁?[^\\s\\p{L}\\p{M}▁]|▁` },
        behavior: 'Isolated',
        invert: false,
      },
    ],
  },
  post_processor: {
    type: 'TemplateProcessing',
    single: [{ Sequence: { id: 'A', type_id: 0 } }, { SpecialToken: { id: '</s>', type_id: 0 } }],
    pair: [
      { Sequence: { id: 'A', type_id: 0 } },
      { SpecialToken: { id: '</s>', type_id: 0 } },
      { Sequence: { id: 'B', type_id: 0 } },
      { SpecialToken: { id: '</s>', type_id: 0 } },
    ],
    special_tokens: { '</s>': { id: '</s>', ids: [tokens.indexOf('</s>')], tokens: ['</s>'] } },
  },
  decoder: {
    type: 'Sequence',
    decoders: [
      { type: 'Replace', pattern: { String: SPACE }, content: ' ' },
      { type: 'ByteFallback' },
      { type: 'Fuse' },
      { type: 'Strip', content: ' ', start: 1, stop: 0 },
    ],
  },
  model: model(tokens, pairs),
});

// The pieces that begin words most often get a form with a space, as many as there is room for.
const base = [...SPECIAL_TOKENS, ...BYTES, ...structure, SPACE, ...pieces];
const withoutSpaces = Tokenizer.fromString(JSON.stringify(tokenizerOf(base, learned)));
const beginnings = new Map();
for (const [word, count] of wordCounts) {
  const first = (await withoutSpaces.encode(word, null, { addSpecialTokens: false })).getTokens()[1];
  if (first !== undefined) beginnings.set(first, (beginnings.get(first) ?? 0) + count);
}
const spaced = [...beginnings]
  .filter(([piece]) => pieces.includes(piece))
  .sort(([, left], [, right]) => right - left)
  .slice(0, Number(size) - base.length)
  .map(([piece]) => piece);
const tokens = [...base, ...spaced.map((piece) => SPACE + piece)];
const pairs = [...learned, ...spaced.map((piece) => [SPACE, piece])];

writeFileSync(output, JSON.stringify(tokenizerOf(tokens, pairs), null, 1));
console.log(
  `${tokens.length} tokens: ${structure.length} of the frame, ${pieces.length} pieces, ${spaced.length} of them with a space`,
);
