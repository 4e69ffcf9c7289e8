import {
  parseSearchParameters,
  type SearchParameters,
} from '@pilotlight/engine/internal/runtimes/generation/search/parameters';
import {
  readDefaults,
  resolveOptions,
  type SearchSizes,
} from '@pilotlight/engine/internal/runtimes/generation/search/resolve-options';
import type { SearchOptions } from '@pilotlight/engine/internal/runtimes/generation/search/search-options';
import type { GenerationFacts } from '@pilotlight/model-format';
import { describe, expect, it, test } from 'vitest';

const SIZES: SearchSizes = { inputTokens: 10, maxPositions: 64, vocabSize: 100 };

function resolve(
  parameters: unknown,
  defaults: GenerationFacts['defaults'] = {},
  sizes: Partial<SearchSizes> = {},
): SearchOptions {
  return resolveOptions(parseSearchParameters(parameters), { eos: [2], defaults }, { ...SIZES, ...sizes });
}

/** The field and the sentence of the error that is thrown. */
function refusal(parameters: unknown, defaults: GenerationFacts['defaults'] = {}): readonly unknown[] {
  try {
    resolve(parameters, defaults);
  } catch (error) {
    const { code, message, details } = error as { code: string; message: string; details: { field: string } };
    expect(code).toBe('INVALID_PARAMETER');
    return [details.field, message];
  }
  return [];
}

describe('parameters', () => {
  it('stand above those of generation_config.json', () => {
    const defaults = {
      num_beams: 4,
      length_penalty: 2,
      early_stopping: true,
      max_length: 40,
      forced_bos_token_id: 0,
    };
    expect(resolve({}, defaults)).toMatchObject({
      numBeams: 4,
      lengthPenalty: 2,
      earlyStopping: true,
      maxNewTokens: 30,
      forcedBos: 0,
    });
    expect(resolve({ num_beams: 2, early_stopping: 'never' }, defaults)).toMatchObject({
      numBeams: 2,
      lengthPenalty: 2,
      earlyStopping: 'never',
    });
  });

  it('that are null unset those of generation_config.json, as None does', () => {
    const defaults = { num_beams: 4, repetition_penalty: 1.3, forced_bos_token_id: 7, max_new_tokens: 5 };
    const unset = {
      num_beams: null,
      repetition_penalty: null,
      forced_bos_token_id: null,
      max_new_tokens: null,
    };
    expect(resolve(unset, defaults)).toMatchObject({
      numBeams: 1,
      repetitionPenalty: 1,
      forcedBos: undefined,
      maxNewTokens: 20,
    });
  });

  it('have one number or text where a list may stand', () => {
    expect(resolve({ eos_token_id: 5, forced_eos_token_id: 6, stop_strings: '.' })).toMatchObject({
      eos: [5],
      forcedEos: [6],
      stopStrings: ['.'],
    });
    expect(resolve({ eos_token_id: [5, 6] }).eos).toEqual([5, 6]);
    expect(resolve({}).eos).toEqual([2]);
    expect(resolve({}, { eos_token_id: null }).eos).toEqual([2]);
    expect(resolve({ eos_token_id: null }, { eos_token_id: 5 }).eos).toEqual([]);
  });

  it('draw tokens as transformers does by default: 50 classes, unless top_k is unset', () => {
    expect(resolve({}).sampling).toBeUndefined();
    expect(resolve({ do_sample: false }, { do_sample: true }).sampling).toBeUndefined();
    expect(resolve({ do_sample: true, seed: 3 }).sampling).toEqual({
      seed: 3,
      temperature: 1,
      topH: 0,
      topK: 50,
      topP: 1,
      minP: 0,
      typicalP: 1,
      epsilonCutoff: 0,
      etaCutoff: 0,
    });
    expect(resolve({ do_sample: true, top_k: null }).sampling?.topK).toBe(0);
  });

  it('get a seed where they draw tokens and have none: another each time', () => {
    const seeds = Array.from({ length: 4 }, () => resolve({ do_sample: true }).sampling?.seed);
    expect(new Set(seeds).size).toBe(4);
    expect(seeds.every(Number.isSafeInteger)).toBe(true);
  });

  it('read OpenAI’s logit_bias by the ids that are its names', () => {
    expect(resolve({ logit_bias: { '7': -100, '50': 1.5 } }).logitBias).toEqual([
      [7, -100],
      [50, 1.5],
    ]);
  });
});

describe('lengths', () => {
  test.each<[Record<string, unknown>, Record<string, unknown>, Partial<SearchSizes>, number]>([
    [{}, {}, {}, 20],
    [{ max_new_tokens: 7 }, { max_length: 40 }, {}, 7],
    [{ max_length: 15 }, {}, {}, 5],
    [{ max_length: 15, max_new_tokens: 9 }, {}, {}, 9],
    // The last token needs no position.
    [{ max_new_tokens: 55 }, {}, {}, 55],
    [{ max_new_tokens: 56 }, {}, {}, 55],
    [{ max_new_tokens: 1 }, {}, { inputTokens: 64 }, 1],
    [{ max_length: 500 }, {}, {}, 55],
    // What transformers adds by itself ends with the positions.
    [{}, {}, { inputTokens: 50 }, 14],
    [{}, {}, { inputTokens: 64 }, 1],
    [{ max_new_tokens: 900 }, {}, { maxPositions: undefined }, 900],
  ])('of %o above %o beside %o allow new tokens: %i', (parameters, defaults, sizes, expected) => {
    expect(resolve(parameters, defaults, sizes).maxNewTokens).toBe(expected);
  });

  it('count the prompt in min_length and not in min_new_tokens, which goes first', () => {
    expect(resolve({ min_length: 14 }).minNewTokens).toBe(4);
    expect(resolve({ min_length: 4 }).minNewTokens).toBe(0);
    expect(resolve({ min_length: 14, min_new_tokens: 2 }).minNewTokens).toBe(2);
  });

  it('that the prompt fills are refused', () => {
    expect(refusal({ max_length: 10 })).toEqual([
      'parameters.max_length',
      'parameters.max_length: is 10, which the 10 tokens of the prompt fill: use max_new_tokens.',
    ]);
  });
});

describe('refusals', () => {
  test.each<[Record<string, unknown>, string]>([
    [{ max_new_tokens: 0 }, 'parameters.max_new_tokens: must be at least 1.'],
    [{ max_new_tokens: -1 }, 'parameters.max_new_tokens: must be at least 1.'],
    [{ min_new_tokens: -1 }, 'parameters.min_new_tokens: must be at least 0.'],
    [{ num_beams: 0 }, 'parameters.num_beams: must be at least 1.'],
    [{ num_beams: 1.5 }, 'parameters.num_beams: must be a whole number.'],
    [{ num_beams: 1000 }, 'parameters.num_beams: must be at most 256.'],
    [{ temperature: 0 }, 'parameters.temperature: must be above 0.'],
    [{ top_p: 1.1 }, 'parameters.top_p: must be at most 1.'],
    [{ top_k: -1 }, 'parameters.top_k: must be at least 0.'],
    [{ repetition_penalty: 0 }, 'parameters.repetition_penalty: must be above 0.'],
    [{ presence_penalty: 3 }, 'parameters.presence_penalty: must be at most 2.'],
    [{ bad_words_ids: [] }, 'parameters.bad_words_ids: must not be empty.'],
    [{ bad_words_ids: [[]] }, 'parameters.bad_words_ids.0: must not be empty.'],
    [{ sequence_bias: [[[1], '2']] }, 'parameters.sequence_bias.0.1: must be a number.'],
    [{ sequence_bias: [[[1], 1e31]] }, 'parameters.sequence_bias.0.1: must be at most 1e+30.'],
    [
      { eos_token_id: Array.from({ length: 257 }, (_, id) => id) },
      'parameters.eos_token_id: must be an id, or a list of 1 to 256 ids.',
    ],
    [{ logit_bias: { x: 1 } }, 'parameters.logit_bias.x: must have ids as its names.'],
    [{ numbeams: 4 }, 'parameters.numbeams: is not known; did you mean num_beams?'],
    [
      { num_return_sequences: 2 },
      'parameters.num_return_sequences: is 2, but the best token of each step makes one text: set do_sample, or num_beams.',
    ],
    [
      { num_beams: 2, num_return_sequences: 3 },
      'parameters.num_return_sequences: is 3, above the 2 of num_beams.',
    ],
    [
      { forced_bos_token_id: 7, suppress_tokens: [7, 8] },
      'parameters.suppress_tokens: has every token of forced_bos_token_id, so that no token could come there.',
    ],
    [
      { forced_eos_token_id: [7, 8], suppress_tokens: [7, 8] },
      'parameters.suppress_tokens: has every token of forced_eos_token_id, so that no token could come there.',
    ],
    [
      { bad_words_ids: [[1, 100]] },
      'parameters.bad_words_ids: has token 100, but the vocabulary ends at 99.',
    ],
    [
      { sequence_bias: [[[100], 1]] },
      'parameters.sequence_bias: has token 100, but the vocabulary ends at 99.',
    ],
    [{ logit_bias: { '100': 1 } }, 'parameters.logit_bias: has token 100, but the vocabulary ends at 99.'],
    [
      { forced_bos_token_id: 100 },
      'parameters.forced_bos_token_id: has token 100, but the vocabulary ends at 99.',
    ],
    [{ grammar: { kind: 'gbnf' } }, 'parameters.grammar.kind: is not valid.'],
  ])('of %o say why', (parameters, message) => {
    expect(refusal(parameters)[1]).toBe(message);
  });

  test.each<[string, unknown, readonly unknown[]]>([
    ['num_beam_groups', 2, [1, null]],
    ['diversity_penalty', 0.5, [0, null]],
    ['penalty_alpha', 0.6, [0, null]],
    ['guidance_scale', 1.5, [1, null]],
    ['dola_layers', 'high', [null]],
    ['constraints', [{}], [null]],
    ['force_words_ids', [[1]], [null]],
    ['watermarking_config', {}, [null]],
    ['token_healing', true, [false, null]],
    ['prompt_lookup_num_tokens', 3, [null]],
    ['low_memory', true, [false, null]],
  ])(
    'of %s, which is not supported, are by name, in a call and in generation_config.json',
    (name, value, neutral) => {
      const start = `parameters.${name}: is not supported: `;
      expect(refusal({ [name]: value })[1]).toContain(start);
      expect(refusal({}, { [name]: value })[1]).toContain(start);
      for (const each of neutral) expect(refusal({ [name]: each }, { [name]: each })).toEqual([]);
    },
  );

  it('do not come for what else generation_config.json has', () => {
    const defaults = {
      transformers_version: '4.57.6',
      _from_model_config: true,
      bos_token_id: 1,
      eos_token_id: [2, 3],
      pad_token_id: -1,
      cache_implementation: 'hybrid',
      some_extra: { nested: true },
      top_k: 20,
    };
    expect(refusal({}, defaults)).toEqual([]);
    expect(readDefaults({ defaults })).toEqual({
      bos_token_id: 1,
      eos_token_id: [2, 3],
      pad_token_id: -1,
      top_k: 20,
    } satisfies SearchParameters);
  });

  it('come for parameters that are no object', () => {
    expect(refusal([1])[1]).toBe('parameters: must be an object.');
    expect(resolve(undefined).numBeams).toBe(1);
    expect(resolve(null).numBeams).toBe(1);
  });
});
