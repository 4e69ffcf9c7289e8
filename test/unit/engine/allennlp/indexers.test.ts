import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FieldTensor } from '../../../../layers/engine/src/runtimes/allennlp/instance.ts';
import { stack } from '../../../../layers/engine/src/runtimes/allennlp/instance.ts';
import { fold } from '../../../../layers/engine/src/runtimes/allennlp/text/indexers/folding.ts';
import { openIndexers } from '../../../../layers/engine/src/runtimes/allennlp/text/indexers/index.ts';
import { textField } from '../../../../layers/engine/src/runtimes/allennlp/text/text-field.ts';
import type { Token } from '../../../../layers/engine/src/runtimes/allennlp/text/token.ts';
import { BERT_FILES, smallArchive } from '../../../fixtures/allennlp-hub.ts';

const OOV = '@@UNKNOWN@@';
const archive = smallArchive({
  vocabulary: {
    'tokens.txt': `${OOV}\nthe\ncat\n@start@\n`,
    'token_characters.txt': `${OOV}\na\nc\nt\n`,
    'pos_tags.txt': 'NOUN\nVERB\n',
  },
  hub: BERT_FILES,
});
const words = (...texts: string[]): Token[] => texts.map((text) => ({ text }));
const index = (params: unknown, tokens: readonly Token[]) =>
  textField(tokens, openIndexers({ x: params }, { archive, path: 'token_indexers' }), 'inputs.sentence');
const plain = (tensor: FieldTensor | undefined) => ({
  dims: tensor?.dims,
  data: [...(tensor?.data ?? [])].map(Number),
});
/** The tensors of one text as its batch has them, padding included. */
async function batch(params: unknown, tokens: readonly Token[]) {
  const feeds = stack([{ tensors: await index(params, tokens), metadata: undefined }]);
  return Object.fromEntries(Object.entries(feeds).map(([name, tensor]) => [name, plain(tensor)]));
}

describe('token indexers of AllenNLP', () => {
  it('give each word its id, that of the unknown token, and start and end tokens theirs', async () => {
    const params = { lowercase_tokens: true, start_tokens: ['@start@'] };
    expect(plain((await index(params, words('THE', 'dog')))['x.tokens'])).toEqual({
      dims: [3],
      data: [4, 2, 1],
    });
  });

  it('index another feature of a token, a default where it has none, or refuse the token', async () => {
    const params = { feature_name: 'pos_', namespace: 'pos_tags' };
    const tokens = [{ text: 'cat', pos: 'NOUN' }, { text: 'sat' }];
    expect(plain((await index({ ...params, default_value: 'VERB' }, tokens))['x.tokens']).data).toEqual([
      0, 1,
    ]);
    await expect(index(params, tokens)).rejects.toThrow('"sat" has no pos_');
    await expect(index(params, [{ text: 'cat', pos: 'ADJ' }])).rejects.toThrow(
      '"ADJ" is not among the pos_tags',
    );
  });

  it('take no default for words that spaCy would have tagged', async () => {
    const params = { feature_name: 'pos_', namespace: 'pos_tags', default_value: 'VERB' };
    await expect(index(params, [{ text: 'cat', lacksTags: true }])).rejects.toThrow('"cat" has no pos_');
    const ids = index({ feature_name: 'type_id', namespace: 'pos_tags', default_value: 'VERB' }, [
      { text: 'cat', lacksTags: true },
    ]);
    expect(plain((await ids)['x.tokens']).data).toEqual([1]);
  });

  it('take an id that a token has already where the namespace is null', async () => {
    const params = { namespace: null, feature_name: 'text_id' };
    expect(plain((await index(params, [{ text: '', textId: 98 }]))['x.tokens']).data).toEqual([98]);
    await expect(index({}, [{ text: '', textId: 98 }])).rejects.toThrow('has no text');
  });

  it('pad characters to the longest word and to the least length, words to their least number', async () => {
    const params = { type: 'characters', min_padding_length: 4, token_min_padding_length: 3 };
    expect(await batch(params, words('cat', 'at'))).toEqual({
      'x.token_characters': { dims: [1, 3, 4], data: [3, 2, 4, 0, 2, 4, 0, 0, 0, 0, 0, 0] },
    });
    const long = await batch({ type: 'characters', min_padding_length: 1 }, words('cat', 'a'));
    expect(long['x.token_characters']).toEqual({ dims: [1, 2, 3], data: [3, 2, 4, 2, 0, 0] });
  });

  it('give ELMo the bytes of a word, 48 at most, between the marks of its ends', async () => {
    const { 'x.elmo_tokens': tensor } = await index(
      { type: 'elmo_characters' },
      words('é', 'x'.repeat(60), '<S>'),
    );
    const { dims, data } = plain(tensor);
    expect(dims).toEqual([3, 50]);
    expect(data.slice(0, 6)).toEqual([259, 0xc3 + 1, 0xa9 + 1, 260, 261, 261]);
    expect(data.slice(50, 100)).toEqual([259, ...new Array(48).fill(121), 260]);
    expect(data.slice(100, 104)).toEqual([259, 257, 260, 261]);
  });

  it('take the ids of a hub model from its tokens, and fold them where they are too long', async () => {
    const tokens = [2, 8, 9, 10, 3].map((textId) => ({ text: 'x', textId, typeId: 0 }));
    const params = { type: 'pretrained_transformer', model_name: 'tiny', max_length: 4 };
    expect(await batch(params, tokens)).toEqual({
      'x.token_ids': { dims: [1, 7], data: [2, 8, 9, 3, 2, 10, 3] },
      'x.type_ids': { dims: [1, 7], data: [0, 0, 0, 0, 0, 0, 0] },
      'x.mask': { dims: [1, 5], data: [1, 1, 1, 1, 1] },
      'x.segment_concat_mask': { dims: [1, 7], data: [1, 1, 1, 1, 1, 1, 1] },
    });
    await expect(index({ ...params, max_length: 2 }, tokens)).rejects.toThrow('leaves no room');
  });

  it('refuse tokens of a type that the embedder of their hub model has no vectors for', async () => {
    const tokens = [2, 8, 3].map((textId) => ({ text: 'x', textId, typeId: 1 }));
    const params = { type: 'pretrained_transformer', model_name: 'tiny' };
    const inputs = async (config: Readonly<Record<string, unknown>>, model = {}) => {
      const hub = { ...BERT_FILES, 'config.json': JSON.stringify({ model_type: 'distilbert', ...config }) };
      const own = { archive: smallArchive({ hub, model }), path: '' };
      return textField(tokens, openIndexers({ x: params }, own), 'inputs.sentence');
    };
    const embedded = { embedder: { model_name: 'tiny' } };
    await expect(inputs({}, embedded)).rejects.toThrow('type 1, but tiny tells 0 types');
    await expect(inputs({ type_vocab_size: 2 }, embedded)).resolves.toBeDefined();
    await expect(inputs({})).resolves.toBeDefined();
  });

  it('give the pieces of words and the places of each, -1 for a word without pieces', async () => {
    const params = { type: 'pretrained_transformer_mismatched', model_name: 'tiny' };
    expect(await batch(params, words('abb', '\u200b', 'cat'))).toEqual({
      'x.token_ids': { dims: [1, 6], data: [2, 5, 7, 7, 9, 3] },
      'x.type_ids': { dims: [1, 6], data: [0, 0, 0, 0, 0, 0] },
      'x.wordpiece_mask': { dims: [1, 6], data: [1, 1, 1, 1, 1, 1] },
      'x.mask': { dims: [1, 3], data: [1, 1, 1] },
      'x.offsets': { dims: [1, 3, 2], data: [1, 3, -1, -1, 4, 4] },
    });
  });

  it('fill their namespace with the tokens of the hub model', () => {
    const own = smallArchive({ hub: BERT_FILES });
    openIndexers({ x: { type: 'pretrained_transformer', model_name: 'tiny' } }, { archive: own, path: '' });
    expect(own.vocabulary.token(9, 'tags')).toBe('cat');
  });

  it('refuse a name or a parameter that is not supported, and say where it stands', async () => {
    expect(() => openIndexers({ x: { type: 'spacy' } }, { archive, path: 'token_indexers' })).toThrow(
      'The token indexer spacy of token_indexers.x is not supported.',
    );
    expect(() =>
      openIndexers({ x: { use_starting_offsets: true } }, { archive, path: 'token_indexers' }),
    ).toThrow('token_indexers.x.use_starting_offsets is not known');
  });
});

describe('the folding of long texts', () => {
  const special = {
    single: {
      start: [{ text: '[CLS]', textId: 2, typeId: 0 }],
      end: [{ text: '[SEP]', textId: 3, typeId: 0 }],
      typeId: 0,
    },
    pair: { start: [], middle: [], end: [], firstTypeId: 0, secondTypeId: 1 },
  };

  it('loses no piece, keeps their order, and makes no segment longer than the model takes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 10, max: 99 })),
        fc.integer({ min: 3, max: 9 }),
        (pieces, most) => {
          const ids = [2, ...pieces, 3];
          const folded = fold({ ids, typeIds: ids.map(() => 1) }, most, special);
          expect(folded.ids.filter((id) => id >= 10)).toEqual(pieces);
          expect(folded.ids.length - pieces.length).toBe(2 * Math.ceil(pieces.length / (most - 2)));
          expect(folded.typeIds).toEqual(folded.ids.map((id) => (id >= 10 ? 1 : 0)));
        },
      ),
    );
  });
});
