import { describe, expect, it } from 'vitest';
import { costOf, sizeOf } from '../../../../layers/engine/src/runtimes/allennlp/instance-size.ts';

const zeros = (...dims: readonly number[]) => ({
  dims,
  data: new BigInt64Array(dims.reduce((product, dim) => product * dim, 1)),
});
const size = (tensors: Parameters<typeof sizeOf>[0]['tensors']) => sizeOf({ tensors });

describe('the size of an instance', () => {
  it('is its tokens', () => {
    expect(size({ 'tokens.tokens.tokens': zeros(7) })).toEqual({ tokens: 7, cells: 7 });
  });

  it('counts padding that is asked for', () => {
    expect(size({ 'tokens.tokens.tokens': { ...zeros(3), least: [5] } }).tokens).toBe(5);
  });

  it('does not take the characters of a token for tokens, but costs more where there are very many', () => {
    const characters = size({ 'tokens.token_characters.token_characters': zeros(7, 12) });
    expect(characters).toEqual({ tokens: 7, cells: 84 });
    expect(costOf(characters)).toBe(7);
    expect(costOf({ tokens: 7, cells: 6400 })).toBe(100);
  });

  it('is the wordpieces of all texts of a list', () => {
    expect(size({ 'alternatives.tokens.token_ids': zeros(5, 40) }).tokens).toBe(200);
  });
});
