import { describe, expect, it } from 'vitest';
import {
  findBestHeads,
  findSpanningHeads,
} from '../../../../layers/engine/src/runtimes/allennlp/decoding/heads.ts';

/** Scores from head to child of a sentence of two words, in a batch whose rows are 4 wide; padding would win if it were read. */
const PADDED = 4;
const SCORES = new Float32Array([...[0, 5, 1, 9], ...[0, 9, 3, 9], ...[0, 4, 9, 9], ...[9, 9, 9, 9]]);

describe('findBestHeads', () => {
  it('takes the best head of each word but itself, and the root where that is best', () => {
    expect(findBestHeads(SCORES, PADDED, 2)).toEqual([0, 1]);
  });
});

describe('findSpanningHeads', () => {
  it('takes the root for a word only where the tree needs it, as AllenNLP scores it 0', () => {
    expect(findSpanningHeads(SCORES, PADDED, 2)).toEqual([2, 0]);
  });

  it('leaves the scores of the batch as they are', () => {
    const scores = SCORES.slice();
    findSpanningHeads(scores, PADDED, 2);
    expect(scores).toEqual(SCORES);
  });

  it('makes a word alone the root', () => {
    expect(findSpanningHeads(SCORES, PADDED, 1)).toEqual([0]);
  });
});
