import { describe, expect, it } from 'vitest';
import { HIDDEN, openEmbedder, TINY_TRANSFORMERS } from '../../../fixtures/allennlp-transformers.ts';

const FAMILIES = Object.keys(TINY_TRANSFORMERS);
const TEXTS = [
  [2, 11, 12, 13, 3],
  [2, 14, 3],
  [2, 21, 22, 23, 24, 25, 26, 3],
];

function expectClose(actual: unknown, expected: readonly (readonly number[])[] | undefined): void {
  expect(actual).toEqual(expected?.map((vector) => vector.map((value) => expect.closeTo(value, 5))));
}

describe.each(FAMILIES)('the embedder of %s', (family) => {
  it('gives a text in a batch the vectors that it has alone', async () => {
    const embedder = await openEmbedder(family);
    const together = await embedder.embed({ ids: TEXTS });
    for (const [index, ids] of TEXTS.entries()) {
      const [alone] = await embedder.embed({ ids: [ids] });
      expectClose(together[index], alone);
    }
  });

  it('mixes its layers where not the last one alone is asked for', async () => {
    const [last] = await (await openEmbedder(family)).embed({ ids: TEXTS });
    const mixing = await openEmbedder(family, 'pretrained_transformer', { last_layer_only: false });
    const [mixed] = await mixing.embed({ ids: TEXTS });
    expect(mixed?.[0]).toHaveLength(HIDDEN);
    expect(mixed).not.toEqual(last);
  });

  it('averages the pieces of words, or takes the first, and has zeros for a word without any', async () => {
    const [ids = []] = TEXTS;
    const words = [
      [1, 2],
      [-1, -1],
      [3, 3],
    ] as const;
    const [pieces = []] = await (await openEmbedder(family)).embed({ ids: [ids] });
    const mismatched = (mode: string) =>
      openEmbedder(family, 'pretrained_transformer_mismatched', { sub_token_mode: mode });
    const nothing = Array<number>(HIDDEN).fill(0);
    const [, one = [], two = [], three = []] = pieces;
    const [average] = await (await mismatched('avg')).embed({ ids: [ids], words: [words] });
    expectClose(average, [one.map((value, at) => (value + (two[at] ?? 0)) / 2), nothing, three]);
    const [first] = await (await mismatched('first')).embed({ ids: [ids], words: [words] });
    expectClose(first, [one, nothing, three]);
  });

  it('runs the segments of a long text by themselves', async () => {
    const specials = family === 'gpt2' ? 0 : 2;
    const wrap = (pieces: readonly number[]) => (specials === 0 ? [...pieces] : [2, ...pieces, 3]);
    const segments = [wrap([31, 32, 33]), wrap([34, 35])];
    const embedder = await openEmbedder(family);
    const [first = [], second = []] = await embedder.embed({ ids: segments });
    const folded = await openEmbedder(family, 'pretrained_transformer', { max_length: 3 + specials });
    const [whole] = await folded.embed({ ids: [segments.flat()] });
    const expected = specials === 0 ? [...first, ...second] : [...first.slice(0, -1), ...second.slice(1)];
    expectClose(whole?.slice(0, expected.length), expected);
  });
});

describe('tokens of GPT-2', () => {
  it('know nothing of those after them', async () => {
    const embedder = await openEmbedder('gpt2');
    const [whole] = await embedder.embed({ ids: [[5, 6, 7, 8]] });
    const [beginning] = await embedder.embed({ ids: [[5, 6]] });
    expectClose(beginning, whole?.slice(0, 2));
  });
});

describe('token types', () => {
  const ids = [[2, 11, 3, 12, 3]];
  const types = [[0, 0, 0, 1, 1]];

  it('matter to families that know them', async () => {
    const embedder = await openEmbedder('bert');
    expect(await embedder.embed({ ids, types })).not.toEqual(await embedder.embed({ ids }));
  });

  it('are not read by others', async () => {
    const embedder = await openEmbedder('distilbert');
    expect(await embedder.embed({ ids, types })).toEqual(await embedder.embed({ ids }));
  });
});

describe('a transformer', () => {
  it('of a family without a graph is refused by name', async () => {
    const params = { transformer_kwargs: { model_type: 'xlnet' } };
    await expect(openEmbedder('bert', 'pretrained_transformer', params)).rejects.toMatchObject({
      code: 'SOURCE_UNSUPPORTED',
      message: expect.stringMatching(/embedder\.transformer_model .*'xlnet'.*bart \(encoder\)/),
    });
  });

  it('is refused where a part of it is asked for that is none', async () => {
    const params = { sub_module: 'encoder' };
    await expect(openEmbedder('bert', 'pretrained_transformer', params)).rejects.toMatchObject({
      code: 'SOURCE_UNSUPPORTED',
      message: expect.stringContaining("sub_module 'encoder'"),
    });
  });

  it('has as many words as its tensor, whatever its config.json says', async () => {
    const params = { transformer_kwargs: { vocab_size: 12345 } };
    const embedder = await openEmbedder('bert', 'pretrained_transformer', params);
    await expect(embedder.embed({ ids: TEXTS })).resolves.toHaveLength(TEXTS.length);
  });

  it('is refused where a parameter is not known', async () => {
    await expect(openEmbedder('bert', 'pretrained_transformer', { wings: 2 })).rejects.toMatchObject({
      code: 'SOURCE_UNSUPPORTED',
      message: expect.stringContaining('wings'),
    });
  });
});
