import { describe, expect, it } from 'vitest';
import { chrF } from '../../../../model-assets/toolchain/src/generation/package/chrf.ts';

describe('chrF', () => {
  // By sacrebleu 2.5.1: CHRF().corpus_score(texts, [references]).score
  it.each([
    [['the cat sat on the mat'], ['the cat sat on a mat'], 72.0848317308462],
    [['abc', 'a'], ['abd', 'a'], 41.66666666666667],
    [['PlayMusic(artist=Miles)'], ['PlayMusic(artist=Miles Davis, genre=jazz)'], 58.92324445249501],
    [['ä😀b c'], ['ä😀bc d'], 72.57346393588602],
    [['x'], ['y'], 0],
    [[''], ['abc'], 0],
    [['abc'], [''], 0],
    [['abcdef', 'abcd'], ['a', 'abcd'], 97.22222222222221],
  ])('of %j beside %j is what sacreBLEU computes', (texts, references, score) => {
    expect(chrF(texts, references)).toBeCloseTo(score, 10);
  });

  it('of nothing where nothing should be is whole', () => {
    expect(chrF(['', ' '], ['', ''])).toBe(100);
  });
});
