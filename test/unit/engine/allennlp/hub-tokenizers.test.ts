import { describe, expect, it } from 'vitest';
import { wordsOf } from '../../../../layers/engine/src/runtimes/allennlp/text/token.ts';
import { openPretrained } from '../../../../layers/engine/src/runtimes/allennlp/text/tokenizers/pretrained-transformer.ts';
import { BERT_FILES, ROBERTA_FILES, smallArchive } from '../../../fixtures/allennlp-hub.ts';

function open(params: Readonly<Record<string, unknown>> = {}, hub = BERT_FILES) {
  return openPretrained(
    { model_name: 'tiny', ...params },
    { archive: smallArchive({ hub }), path: 'tokenizer' },
  );
}

describe('the tokenizer of a hub model', () => {
  it('gives ids, types and offsets in code points; special tokens have no offsets', async () => {
    expect(await open().tokenize('😀 abb The')).toEqual([
      { text: '[CLS]', textId: 2, typeId: 0 },
      { text: '[UNK]', textId: 1, typeId: 0, idx: 0, idxEnd: 1 },
      { text: 'a', textId: 5, typeId: 0, idx: 2, idxEnd: 3 },
      { text: '##b', textId: 7, typeId: 0, idx: 3, idxEnd: 4 },
      { text: '##b', textId: 7, typeId: 0, idx: 4, idxEnd: 5 },
      { text: 'the', textId: 8, typeId: 0, idx: 6, idxEnd: 9 },
      { text: '[SEP]', textId: 3, typeId: 0 },
    ]);
  });

  it('cuts a text to its length with the special tokens, and to as many without them where they are taken away', async () => {
    const words = async (params: Readonly<Record<string, unknown>>) =>
      wordsOf(await open(params).tokenize('the cat sat a b'));
    expect(await words({ max_length: 4 })).toEqual(['[CLS]', 'the', 'cat', '[SEP]']);
    expect(await words({ max_length: 4, add_special_tokens: false })).toEqual(['the', 'cat', 'sat', 'a']);
    expect(await words({ add_special_tokens: false })).toEqual(['the', 'cat', 'sat', 'a', 'b']);
  });

  it('knows a special token that stands in the text, and keeps it where those around are taken away', async () => {
    const tokens = await open({ add_special_tokens: false }).tokenize('the [MASK] sat');
    expect(tokens.map(({ textId }) => textId)).toEqual([8, 4, 10]);
  });

  it('puts special tokens around a pair, with the types of both texts', async () => {
    const tokenizer = open({ add_special_tokens: false });
    const pair = await tokenizer.addSpecialTokens(
      await tokenizer.tokenize('the'),
      await tokenizer.tokenize('cat a'),
    );
    expect(pair.map(({ textId, typeId }) => [textId, typeId])).toEqual([
      [2, 0],
      [8, 0],
      [3, 0],
      [9, 1],
      [5, 1],
      [3, 1],
    ]);
  });

  it('encodes words one by one, and has no place for a word without pieces', async () => {
    const { tokens, offsets } = await open().tokenizeWords(['abb', '\u200b', 'the']);
    expect(tokens.map(({ textId }) => textId)).toEqual([2, 5, 7, 7, 8, 3]);
    expect(offsets).toEqual([[1, 3], undefined, [4, 4]]);
    expect((await open().tokenizeWords([])).tokens).toHaveLength(2);
  });

  it('has a space before a word of a byte-level tokenizer only where the configuration says so', async () => {
    const ids = async (kwargs: Readonly<Record<string, unknown>>) => {
      const { tokens } = await open({ tokenizer_kwargs: kwargs }, ROBERTA_FILES).tokenizeWords(['a', 'b']);
      return tokens.map(({ textId }) => textId);
    };
    expect(await ids({})).toEqual([0, 5, 6, 2]);
    expect(await ids({ add_prefix_space: true })).toEqual([0, 8, 7, 6, 2]);
  });

  it('takes letters as they are where tokenizer_config.json says so, whatever tokenizer.json has', async () => {
    const hub = { ...BERT_FILES, 'tokenizer_config.json': JSON.stringify({ do_lower_case: false }) };
    expect(wordsOf(await open({ add_special_tokens: false }, hub).tokenize('The the'))).toEqual([
      '[UNK]',
      'the',
    ]);
  });

  it('has the text of a special token as its files have it, also where texts become lower case before it is looked for', async () => {
    const json = JSON.parse(BERT_FILES['tokenizer.json'] ?? '');
    const flags = { special: true, single_word: false, lstrip: false, rstrip: false, normalized: true };
    const added = [{ id: 1, content: '[UNK]', ...flags }];
    const hub = { ...BERT_FILES, 'tokenizer.json': JSON.stringify({ ...json, added_tokens: added }) };
    expect(wordsOf(await open({}, hub).tokenize('the 😀'))).toEqual(['[CLS]', 'the', '[UNK]', '[SEP]']);
  });

  it('refuses keywords that it does not know, files that do not parse, and folders that lack one', () => {
    expect(() => open({ tokenizer_kwargs: { use_fast: false } })).toThrow(
      'tokenizer.tokenizer_kwargs.use_fast',
    );
    expect(() => open({}, { ...BERT_FILES, 'tokenizer.json': '{' })).toThrow(
      'tokenizer of tiny does not parse',
    );
    expect(() => open({}, { 'config.json': '{}' })).toThrow('needs tokenizer.json of tiny');
  });
});
