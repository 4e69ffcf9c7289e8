// Builds the WordPiece tokenizer that the three default models share.
//
//   node build_tokenizer.mjs <datasets folder> <output tokenizer.json> [vocabulary size]
//
// The trainer of the Node binding takes no options and stops at 30,000 entries; it lists characters first and then
// merges in the order in which they were learned, so the first N entries are the vocabulary of size N.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const { Tokenizer, WordPiece, bertNormalizer, bertPreTokenizer } = createRequire(import.meta.url)(
  'tokenizers',
);

const SPECIAL_TOKENS = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];

// How often each corpus is counted: the small corpora would otherwise get no words of their own.
const CORPORA = { sentiment_mix: 1, lexicon: 1, clinc150: 4, snips: 4, banking77: 2 };

// Characters seen less often than this become [UNK].
const MINIMUM_CHARACTER_COUNT = 25;

const [datasets, output, size = '8192'] = process.argv.slice(2);

const readTexts = (corpus) =>
  readFileSync(join(datasets, corpus, 'train.jsonl'), 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line).text);

const texts = Object.entries(CORPORA).flatMap(([corpus, times]) => {
  const corpusTexts = readTexts(corpus);
  return Array.from({ length: times }, () => corpusTexts).flat();
});

const normalizer = bertNormalizer({
  cleanText: true,
  handleChineseChars: true,
  stripAccents: true,
  lowercase: true,
});

const characterCounts = new Map();
for (const text of texts) {
  for (const character of normalizer.normalizeString(text)) {
    characterCounts.set(character, (characterCounts.get(character) ?? 0) + 1);
  }
}
const isRare = (character) => (characterCounts.get(character) ?? 0) < MINIMUM_CHARACTER_COUNT;

const scratch = mkdtempSync(join(tmpdir(), 'tokenizer-'));
const corpusFile = join(scratch, 'corpus.txt');
const frequentOnly = (text) => [...normalizer.normalizeString(text)].filter((c) => !isRare(c)).join('');
writeFileSync(corpusFile, texts.map(frequentOnly).join('\n'));

const trained = new Tokenizer(WordPiece.empty());
trained.setNormalizer(normalizer);
trained.setPreTokenizer(bertPreTokenizer());
trained.train([corpusFile]);
rmSync(scratch, { recursive: true });

const learned = Object.entries(trained.getVocab(false))
  .sort(([, left], [, right]) => left - right)
  .map(([token]) => token)
  .filter((token) => !SPECIAL_TOKENS.includes(token));
const tokens = [...SPECIAL_TOKENS, ...learned].slice(0, Number(size));
const vocab = Object.fromEntries(tokens.map((token, id) => [token, id]));

const special = (token) => ({ SpecialToken: { id: token, type_id: 0 } });
const sequence = (id, typeId) => ({ Sequence: { id, type_id: typeId } });
const specialIds = (token) => [token, { id: token, ids: [vocab[token]], tokens: [token] }];

writeFileSync(
  output,
  JSON.stringify(
    {
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: SPECIAL_TOKENS.map((content, id) => ({
        id,
        content,
        single_word: false,
        lstrip: false,
        rstrip: false,
        normalized: false,
        special: true,
      })),
      normalizer: {
        type: 'BertNormalizer',
        clean_text: true,
        handle_chinese_chars: true,
        strip_accents: true,
        lowercase: true,
      },
      pre_tokenizer: { type: 'BertPreTokenizer' },
      post_processor: {
        type: 'TemplateProcessing',
        single: [special('[CLS]'), sequence('A', 0), special('[SEP]')],
        pair: [
          special('[CLS]'),
          sequence('A', 0),
          special('[SEP]'),
          sequence('B', 1),
          { SpecialToken: { id: '[SEP]', type_id: 1 } },
        ],
        special_tokens: Object.fromEntries(['[CLS]', '[SEP]'].map(specialIds)),
      },
      decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
      model: {
        type: 'WordPiece',
        unk_token: '[UNK]',
        continuing_subword_prefix: '##',
        max_input_chars_per_word: 100,
        vocab,
      },
    },
    null,
    1,
  ),
);
console.log(
  `${tokens.length} of ${learned.length} learned tokens kept, ${characterCounts.size} characters seen`,
);
