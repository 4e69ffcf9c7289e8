/** What each file beside a vocabulary does to token ids: applied, or refused by its key. The ids follow from the vocabulary by hand. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openFolder } from '../../fixtures/tokenizer-folder.ts';
import { temporaryFolder } from './temporary-folder.ts';

const root = temporaryFolder();

/** Ids from 0 by the order. */
const WORDS = [
  '[PAD]',
  '[UNK]',
  '[CLS]',
  '[SEP]',
  '[MASK]',
  'paris',
  'Paris',
  'cafe',
  'café',
  '中文',
  '中',
  '文',
  'e',
  '##1',
  '[',
];
const [UNK, CLS, SEP, MASK] = [1, 2, 3, 4];
const id = (word: string) => WORDS.indexOf(word);

const special = (content: string, type_id = 0) => ({ SpecialToken: { id: content, type_id } });
const text = (name: string, type_id = 0) => ({ Sequence: { id: name, type_id } });
const ids = (content: string) => [content, { id: content, ids: [id(content)], tokens: [content] }];

/** A tokenizer.json of an uncased BERT. */
const TOKENIZER = {
  version: '1.0',
  truncation: null,
  padding: null,
  added_tokens: WORDS.slice(0, 5).map((content, index) => ({
    ...{
      id: index,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    },
  })),
  normalizer: {
    type: 'BertNormalizer',
    ...{ clean_text: true, handle_chinese_chars: true, strip_accents: null, lowercase: true },
  },
  pre_tokenizer: { type: 'BertPreTokenizer' },
  post_processor: {
    type: 'TemplateProcessing',
    single: [special('[CLS]'), text('A'), special('[SEP]')],
    pair: [special('[CLS]'), text('A'), special('[SEP]'), text('B', 1), special('[SEP]', 1)],
    special_tokens: Object.fromEntries([ids('[CLS]'), ids('[SEP]')]),
  },
  decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
  model: {
    ...{
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
    },
    vocab: Object.fromEntries(WORDS.map((word, index) => [word, index])),
  },
};

type Files = Readonly<Record<string, unknown>>;

/** Opens a folder of these files; one that is neither text nor bytes is written as JSON. */
function open(files: Files) {
  const folder = join(root, 'folder');
  if (existsSync(folder)) rmSync(folder, { recursive: true });
  mkdirSync(folder);
  for (const [name, content] of Object.entries({ 'config.json': { model_type: 'bert' }, ...files })) {
    writeFileSync(
      join(folder, name),
      typeof content === 'string' || Buffer.isBuffer(content) ? content : JSON.stringify(content),
    );
  }
  return openFolder(folder);
}

/** Ids of a text between [CLS] and [SEP], for an uncased tokenizer.json and these files. */
async function idsOf(given: string, files: Files): Promise<readonly number[]> {
  const { encode } = await open({ 'tokenizer.json': TOKENIZER, ...files });
  return (await encode(given)).ids.slice(1, -1);
}
const configured = (settings: object): Files => ({ 'tokenizer_config.json': settings });
const added = (content: string, properties: object = {}) => ({
  ...{
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: false,
    ...properties,
  },
});
const NEXT = WORDS.length;

describe('a file beside tokenizer.json is applied', () => {
  it.each<[key: string, files: Files, given: string, expected: number[]]>([
    ['none of them', {}, 'Paris', [id('paris')]],
    ['do_lower_case', configured({ do_lower_case: false }), 'Paris', [id('Paris')]],
    [
      'do_lower_case of a class that reads tokenizer.json as it is',
      configured({ tokenizer_class: 'PreTrainedTokenizerFast', do_lower_case: false }),
      'Paris',
      [id('paris')],
    ],
    ['strip_accents', configured({ strip_accents: false }), 'café', [id('café')]],
    ['strip_accents that follows lower case', configured({ strip_accents: null }), 'café', [id('cafe')]],
    [
      'strip_accents of a cased model',
      configured({ do_lower_case: false, strip_accents: true }),
      'café',
      [id('cafe')],
    ],
    ['tokenize_chinese_chars', configured({ tokenize_chinese_chars: false }), '中文', [id('中文')]],
    ['tokenize_chinese_chars by default', {}, '中文', [id('中'), id('文')]],
    [
      'added_tokens_decoder',
      configured({ added_tokens_decoder: { [NEXT]: added('[E1]') } }),
      'paris[E1]',
      [id('paris'), NEXT],
    ],
    [
      'added_tokens_decoder, also the properties of a token that is there already',
      configured({ added_tokens_decoder: { [id('paris')]: added('paris', { normalized: true }) } }),
      'xPARISx',
      [UNK, id('paris'), UNK],
    ],
    [
      'added_tokens_decoder without a token that has no text',
      configured({ added_tokens_decoder: { [NEXT]: added(''), [NEXT + 1]: added('') } }),
      'paris',
      [id('paris')],
    ],
    ['additional_special_tokens', configured({ additional_special_tokens: ['[E1]'] }), '[E1]', [NEXT]],
    ['extra_special_tokens', configured({ extra_special_tokens: { entity: '[E1]' } }), '[E1]', [NEXT]],
    [
      'special_tokens_map.json',
      { 'special_tokens_map.json': { additional_special_tokens: ['[E1]'] } },
      '[E1]',
      [NEXT],
    ],
    ['added_tokens.json', { 'added_tokens.json': { '[E1]': NEXT } }, '[E1]', [NEXT]],
    [
      'do_lower_case of sentence-transformers',
      { ...configured({ do_lower_case: false }), 'sentence_bert_config.json': { do_lower_case: true } },
      'Paris',
      [id('paris')],
    ],
    [
      'do_lower_case of early sentence-transformers',
      { ...configured({ do_lower_case: false }), 'sentence_roberta_config.json': { do_lower_case: true } },
      'Paris',
      [id('paris')],
    ],
  ])('%s', async (_, files, given, expected) => {
    expect(await idsOf(given, files)).toEqual(expected);
  });

  it('model_input_names without token types makes all of them 0', async () => {
    const types = async (files: Files) =>
      (await (await open({ 'tokenizer.json': TOKENIZER, ...files })).encode('paris', 'cafe')).typeIds;
    expect(await types({})).toEqual([0, 0, 0, 1, 1]);
    expect(await types(configured({ model_input_names: ['input_ids', 'attention_mask'] }))).toEqual([
      0, 0, 0, 0, 0,
    ]);
    expect(await types(configured({ tokenizer_class: 'DistilBertTokenizer' }))).toEqual([0, 0, 0, 0, 0]);
  });

  it.each([
    ['BertProcessing', { type: 'BertProcessing', sep: ['[SEP]', SEP], cls: ['[CLS]', CLS] }, 5],
    ['none', null, 2],
    ['ByteLevel', { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true }, 2],
    ['Sequence', { type: 'Sequence', processors: [TOKENIZER.post_processor] }, 5],
  ])(
    'model_input_names beside the post-processor %s makes them 0, too, and adds no token',
    async (_, post_processor, length) => {
      const files = {
        'tokenizer.json': { ...TOKENIZER, post_processor },
        ...configured({ model_input_names: ['input_ids'] }),
      };
      const { encode } = await open(files);
      expect((await encode('paris', 'cafe')).typeIds).toEqual(Array(length).fill(0));
      expect((await encode('paris')).typeIds).toEqual(Array(length === 5 ? 3 : 1).fill(0));
    },
  );

  it('add_bos_token and add_eos_token of Llama say which tokens stand around a text', async () => {
    const named = {
      tokenizer_class: 'LlamaTokenizer',
      bos_token: '[CLS]',
      eos_token: '[SEP]',
      unk_token: '[UNK]',
    };
    const ids = async (settings: object) =>
      (
        await (
          await open({ 'tokenizer.json': TOKENIZER, ...configured({ ...named, ...settings }) })
        ).encode('paris')
      ).ids;
    expect(await ids({ add_bos_token: true })).toEqual([CLS, id('paris')]);
    expect(await ids({ add_bos_token: false, add_eos_token: true })).toEqual([id('paris'), SEP]);
    expect(await ids({})).toEqual([CLS, id('paris'), SEP]);
  });

  it('truncation_side says which end is cut', async () => {
    const cut = async (files: Files) =>
      (await (await open({ 'tokenizer.json': TOKENIZER, ...files })).encode('paris cafe e', undefined, 4))
        .ids;
    expect(await cut({})).toEqual([CLS, id('paris'), id('cafe'), SEP]);
    expect(await cut(configured({ truncation_side: 'left' }))).toEqual([CLS, id('cafe'), id('e'), SEP]);
  });
});

describe('a tokenizer is built from a vocabulary', () => {
  const vocabulary = { 'vocab.txt': WORDS.join('\n') };

  it('with the special tokens of its class, and says from which file', async () => {
    const { encode, notes } = await open(vocabulary);
    expect((await encode('Paris [MASK]')).ids).toEqual([CLS, id('paris'), MASK, SEP]);
    expect(notes).toEqual(['the tokenizer was built from vocab.txt, as BertTokenizer of transformers does']);
  });

  it('whose lines end as Python reads them: a token that stands twice has its last id', async () => {
    const { encode } = await open({ 'vocab.txt': `${WORDS.join('\r\n')}\r\nparis\r\n` });
    expect((await encode('paris')).ids).toEqual([CLS, NEXT, SEP]);
  });

  const filesOf = (name: string): Files => {
    const folder = join(import.meta.dirname, '../../golden/tokenizers', name);
    return Object.fromEntries(readdirSync(folder).map((file) => [file, readFileSync(join(folder, file))]));
  };

  it('of T5, without a space before the text where both of its settings say so', async () => {
    const settings = { extra_ids: 3, legacy: false };
    const withSpace = await open({ ...filesOf('t5'), ...configured(settings) });
    const without = await open({ ...filesOf('t5'), ...configured({ ...settings, add_prefix_space: false }) });
    // The ids of transformers 4.57, fast and slow.
    expect((await withSpace.encode('a')).ids).toEqual([8, 1]);
    expect((await without.encode('a')).ids).toEqual([20, 1]);
  });

  it.each([
    ['special_tokens_map.json', { mask_token: '<mask>' }],
    ['tokenizer_config.json', { mask_token: '<mask>' }],
  ])(
    'whose mask takes the space before it, also where %s names it by its text alone',
    async (file, named) => {
      const roberta = join(import.meta.dirname, '../../golden/tokenizers/roberta');
      const files = Object.fromEntries(
        readdirSync(roberta).map((name) => [name, readFileSync(join(roberta, name), 'utf8')]),
      );
      const { encode } = await open({ ...files, [file]: named });
      // The ids of transformers 4.57, fast and slow.
      expect((await encode('in <mask>.')).ids).toEqual([0, 270, 4, 18, 2]);
    },
  );

  it('which may have a token that is called __proto__', async () => {
    const { encode } = await open({ 'vocab.txt': [...WORDS, '__proto__'].join('\n') });
    expect((await encode('a')).ids).toEqual([CLS, UNK, SEP]);
  });
});

describe('a folder is refused', () => {
  const bytes = { 'config.json': { model_type: 'gpt2' }, 'vocab.json': { a: 0, b: 1, ab: 2 } };

  it.each<[why: string, files: Files, message: RegExp]>([
    [
      'by a key that would change ids',
      { 'tokenizer.json': TOKENIZER, ...configured({ split_special_tokens: true }) },
      /split_special_tokens to true/,
    ],
    [
      'by another prefix of word pieces',
      { 'vocab.txt': 'a', ...configured({ wordpieces_prefix: '@@' }) },
      /wordpieces_prefix to "@@"/,
    ],
    [
      'when a list gives a token another id than the tokenizer',
      { 'tokenizer.json': TOKENIZER, ...configured({ added_tokens_decoder: { 99: added('[E1]') } }) },
      /added_tokens_decoder gives '\[E1\]' the id 99, but the tokenizer gives it 15/,
    ],
    [
      'by a setting that tokenizer.json does not follow, where releases of transformers differ',
      {
        'tokenizer.json': { ...TOKENIZER, normalizer: { type: 'Lowercase' } },
        ...configured({ tokenizer_class: 'DebertaV2Tokenizer', do_lower_case: false }),
      },
      /sets do_lower_case to false, but tokenizer.json does otherwise/,
    ],
    [
      'by the case of a BERT whose normalizer is not that of BERT',
      {
        'tokenizer.json': { ...TOKENIZER, normalizer: { type: 'Lowercase' } },
        ...configured({ do_lower_case: false }),
      },
      /sets do_lower_case to false, but tokenizer.json does otherwise/,
    ],
    [
      'by a space before the text that tokenizer.json has and the settings of Llama have not',
      {
        'tokenizer.json': { ...TOKENIZER, normalizer: { type: 'Prepend', prepend: '▁' } },
        ...configured({ tokenizer_class: 'LlamaTokenizer', add_prefix_space: false }),
      },
      /sets add_prefix_space to false, but tokenizer.json does otherwise/,
    ],
    [
      'when its class is not known',
      { 'vocab.txt': 'a', ...configured({ tokenizer_class: 'FooTokenizerFast' }) },
      /none can be built for FooTokenizer/,
    ],
    [
      'when its type of model is not known',
      { 'config.json': { model_type: 'foo' } },
      /a model of type 'foo'/,
    ],
    [
      'when the file of its class is missing',
      {},
      /no tokenizer.json, and no vocab.txt, of which BertTokenizer/,
    ],
    [
      'when a token of every text is not in the vocabulary',
      { 'vocab.txt': 'a\n', 'config.json': { model_type: 'bert', vocab_size: 1 } },
      /has no token '\[CLS\]'/,
    ],
    ['when merges.txt is missing', bytes, /no merges.txt/],
    ['when merges.txt has no version', { ...bytes, 'merges.txt': 'a b\n' }, /begin with a line "#version/],
    ['when merges.txt is cut off', { ...bytes, 'merges.txt': '#version: 0.2\na b' }, /end with a line break/],
    [
      'when a merge makes no token',
      { ...bytes, 'merges.txt': '#version: 0.2\na b\nb a\n' },
      /Line 3 of merges.txt/,
    ],
    [
      'when vocab.json is none',
      { ...bytes, 'vocab.json': ['a'] },
      /vocab.json: it: must give every token an id/,
    ],
    [
      'when its SentencePiece model is none',
      { 'config.json': { model_type: 't5' }, 'spiece.model': 'no model' },
      /spiece.model is not a SentencePiece model/,
    ],
  ])('%s', async (_, files, message) => {
    await expect(open(files)).rejects.toThrow(message);
  });

  it('by no key that changes nothing; those that nobody knows are named', async () => {
    const settings = {
      clean_up_tokenization_spaces: true,
      name_or_path: 'x',
      padding_side: 'left',
      odd_one: 1,
      do_lower_case: true,
    };
    expect((await open({ 'tokenizer.json': TOKENIZER, ...configured(settings) })).notes).toEqual([
      'settings of tokenizer_config.json that were not applied: odd_one',
    ]);
    const generic = { ...settings, tokenizer_class: 'PreTrainedTokenizerFast' };
    expect((await open({ 'tokenizer.json': TOKENIZER, ...configured(generic) })).notes).toEqual([
      'settings of tokenizer_config.json that were not applied: do_lower_case, odd_one',
    ]);
  });
});
