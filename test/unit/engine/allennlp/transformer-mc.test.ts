import { describe, expect, it } from 'vitest';
import { cutToFit } from '../../../../layers/engine/src/runtimes/allennlp/models/transformer-mc.ts';

const tokens = (...texts: readonly string[]) => texts.map((text) => ({ text }));

describe('a prefix and an alternative', () => {
  it('stay as they are where there is room', () => {
    expect(cutToFit(tokens('a', 'b'), tokens('c'), 3)).toEqual([tokens('a', 'b'), tokens('c')]);
  });

  it('lose the end of the prefix first', () => {
    expect(cutToFit(tokens('a', 'b'), tokens('c', 'd'), 3)).toEqual([tokens('a'), tokens('c', 'd')]);
    expect(cutToFit(tokens('a', 'b'), tokens('c', 'd'), 2)).toEqual([[], tokens('c', 'd')]);
  });

  it('lose the prefix and the end of an alternative that is too long by itself', () => {
    expect(cutToFit(tokens('a', 'b'), tokens('c', 'd', 'e'), 2)).toEqual([[], tokens('c', 'd')]);
  });
});
