import type { GeneratedToken, Generation } from '@pilotlight/engine';
import { formatGoldenFile } from '@pilotlight/engine/internal/predict/goldens/golden-file';
import { compareGeneration } from '@pilotlight/engine/internal/runtimes/generation/goldens/compare-generation';
import {
  type GenerationGolden,
  parseGenerationGoldens,
} from '@pilotlight/engine/internal/runtimes/generation/goldens/generation-goldens';
import { describe, expect, it } from 'vitest';

const golden: GenerationGolden = {
  input: 'play jazz',
  parameters: { max_new_tokens: 4 },
  promptTokens: 3,
  ids: [7, 8, 9, 1],
  logprobs: [-0.5, -1, -0.25, -0.125],
  score: -1.875,
};

function generated(
  tokens: readonly (readonly [id: number, logprob: number])[],
  score = golden.score,
): Generation {
  const told = tokens.map(([id, logprob]): GeneratedToken => ({ id, logprob, text: '', special: false }));
  const sequence = { text: '', finishReason: 'eos_token' as const, score, tokens: told };
  return { sequences: [sequence], promptTokens: 3 };
}

describe('a generation beside its golden', () => {
  it('differs by the largest difference of a log probability', () => {
    const found = generated([
      [7, -0.5],
      [8, -1.25],
      [9, -0.25],
      [1, -0.125],
    ]);
    expect(compareGeneration(golden, found)).toEqual({ largest: 0.25, same: 4 });
  });

  it('counts up to the first token that is another one, as it goes its own way from there', () => {
    const found = generated([
      [7, -0.5],
      [6, -1.5],
      [9, -9],
      [9, -9],
      [9, -9],
    ]);
    expect(compareGeneration(golden, found)).toEqual({ largest: 0.5, same: 1 });
  });

  it('of beams differs by the score of the best sequence', () => {
    const found = generated(
      [
        [3, 0],
        [4, 0],
      ],
      -2,
    );
    expect(compareGeneration({ ...golden, logprobs: [] }, found)).toEqual({ largest: 0.125, same: 0 });
  });

  it.each([
    [
      'fewer tokens',
      generated([
        [7, -0.5],
        [8, -1],
      ]),
      'it generates 2 tokens instead of 4',
    ],
    [
      'more tokens',
      generated([
        [7, 0],
        [8, 0],
        [9, 0],
        [1, 0],
        [2, 0],
      ]),
      'it generates 5 tokens instead of 4',
    ],
    ['another tokenizer', { ...generated([]), promptTokens: 5 }, 'its input is 5 tokens instead of 3'],
    [
      'NaN',
      generated([
        [7, Number.NaN],
        [2, 0],
      ]),
      'its scores are no numbers',
    ],
  ])('has a problem with %s', (_what, found, problem) => {
    expect(compareGeneration(golden, found)).toMatchObject({ problem });
  });
});

describe('the goldens of a model that generates', () => {
  it('are read as they were written', () => {
    const goldens = { tolerance: { fp32: 1e-4 }, goldens: [golden] };
    expect(parseGenerationGoldens(formatGoldenFile(goldens))).toEqual(goldens);
  });

  it('are refused with the line that is not valid', () => {
    const text = formatGoldenFile({ tolerance: {}, goldens: [golden] });
    expect(() => parseGenerationGoldens(text.replace('"promptTokens":3', '"promptTokens":-1'))).toThrow(
      'line 2 is not valid',
    );
    expect(() => parseGenerationGoldens(`${text}{`)).toThrow('line 3 is not JSON');
  });
});
