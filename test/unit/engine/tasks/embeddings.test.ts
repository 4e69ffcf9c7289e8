import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { condenseToEmbedding } from '../../../../layers/engine/src/tasks/embedding.ts';
import { type Graph, predictorFor, WORDS } from './task-model.ts';

/** The state of a token is of its id and its place, so that a mixed-up row shows. */
const stateOf = (id: number, place: number): number[] => [id, place - id, -id * (place + 1), 1];
const states: Graph = (ids) => ({ hidden_states: ids.map(stateOf) });
const task = 'feature-extraction' as const;

const POOLED = {
  cls: (rows: number[][]) => rows[0] ?? [],
  'last-token': (rows: number[][]) => rows.at(-1) ?? [],
  mean: (rows: number[][]) =>
    columns(rows).map((column) => column.reduce((a, b) => a + b, 0) / column.length),
  max: (rows: number[][]) => columns(rows).map((column) => Math.max(...column)),
} as const;
const columns = (rows: number[][]) => [0, 1, 2, 3].map((column) => rows.map((row) => row[column] ?? 0));
const near = (vector: readonly number[]) => vector.map((value) => expect.closeTo(value, 4));

describe('feature-extraction', () => {
  it.each(Object.entries(POOLED))(
    'pools by %s over the tokens of a text, whatever it is padded to',
    async (pooling, by) => {
      const { predictor } = await predictorFor({ task, graph: states });
      const lists = fc.array(fc.array(fc.integer({ min: 5, max: 11 }), { minLength: 1, maxLength: 14 }), {
        minLength: 1,
        maxLength: 8,
      });
      await fc.assert(
        fc.asyncProperty(lists, async (texts) => {
          const inputs = texts.map((ids) =>
            ids
              .map((id) => WORDS[id])
              .join(' ')
              .replaceAll(' ##', ''),
          );
          const tokenized = await predictor.tokenize(inputs);
          const fitting = inputs.filter((_, i) => (tokenized[i]?.ids.length ?? 0) <= 16);
          const { results } = await predictor.predict(fitting, { pooling });
          const ids = tokenized.map((own) => own.ids).filter((own) => own.length <= 16);
          expect(results).toEqual(ids.map((own) => near(by(own.map(stateOf)))));
        }),
        { numRuns: 30 },
      );
    },
  );

  it('gives a vector a token where no pooling is chosen', async () => {
    const { predictor } = await predictorFor({ task, graph: states });
    const { results } = await predictor.predict(['paris', 'rome is big']);
    expect(results).toEqual([[2, 5, 3].map(stateOf), [2, 6, 7, 8, 3].map(stateOf)]);
  });

  it('keeps the first dimensions, and then scales them to length 1', async () => {
    const graph: Graph = (ids) => ({ hidden_states: ids.map(() => [3, 4, 12, 84]) });
    const taskDefaults = { pooling: 'mean', normalize: true } as const;
    const { predictor } = await predictorFor({ task, graph, taskDefaults });
    const vector = async (parameters: object) => (await predictor.predict('paris', parameters)).results[0];
    await expect(vector({ dimensions: 2 })).resolves.toEqual(near([3 / 5, 4 / 5]));
    await expect(vector({ dimensions: 3 })).resolves.toEqual(near([3 / 13, 4 / 13, 12 / 13]));
    await expect(vector({})).resolves.toEqual(near([3 / 85, 4 / 85, 12 / 85, 84 / 85]));
    await expect(vector({ dimensions: 2, normalize: false })).resolves.toEqual(near([3, 4]));
    await expect(vector({ dimensions: 5 })).rejects.toMatchObject({
      code: 'INVALID_PARAMETER',
      message: 'parameters.dimensions: the vectors of this model have 4 numbers.',
    });
  });

  it('puts the prompt that is asked for before the text', async () => {
    const taskDefaults = { pooling: 'mean', prompts: { query: 'rome is ', empty: '' } } as const;
    const { predictor } = await predictorFor({ task, graph: states, taskDefaults });
    const vector = async (text: unknown, parameters = {}) =>
      (await predictor.predict(text, parameters)).results[0];
    const expected = await vector('rome is big');
    await expect(vector('big', { prompt_name: 'query' })).resolves.toEqual(expected);
    await expect(vector('is big', { prompt: 'rome ' })).resolves.toEqual(expected);
    await expect(vector('rome is big', { prompt_name: 'empty' })).resolves.toEqual(expected);
    await expect(vector('big', { prompt_name: 'toString' })).rejects.toMatchObject({
      code: 'INVALID_PARAMETER',
      message: 'parameters.prompt_name: must be one of query, empty.',
    });
    await expect(vector('big', { prompt_name: 'query', prompt: 'x' })).rejects.toThrow('send one of them');
    await expect(vector({ tokens: [5] }, { prompt: 'x' })).rejects.toThrow('not before ids of tokens');
  });

  it("puts the model's default prompt before a text unless the call says otherwise", async () => {
    const prompts = { query: 'rome is ', title: 'rome ' };
    const taskDefaults = { pooling: 'mean', prompts, defaultPrompt: 'query' } as const;
    const { predictor } = await predictorFor({ task, graph: states, taskDefaults });
    const vector = async (text: unknown, parameters = {}) =>
      (await predictor.predict(text, parameters)).results[0];
    const expected = await vector('rome is big', { prompt: '' });
    await expect(vector('big')).resolves.toEqual(expected);
    await expect(vector('is big', { prompt_name: 'title' })).resolves.toEqual(expected);
    await expect(vector('is big', { prompt: 'rome ' })).resolves.toEqual(expected);
    const [tokens] = await predictor.tokenize(['big']);
    await expect(vector({ tokens: tokens?.ids })).resolves.toEqual(await vector('big', { prompt: '' }));
  });

  it('takes vectors that the graph has pooled, and refuses another pooling than its own', async () => {
    const graph: Graph = (ids) => ({ embeddings: [ids.length, 2, 1] });
    const { predictor } = await predictorFor({ task, graph, taskDefaults: { pooling: 'cls' } });
    const { results } = await predictor.predict(['paris', 'rome is big'], { dimensions: 2 });
    expect(results).toEqual([
      [3, 2],
      [5, 2],
    ]);
    await expect(predictor.predict('paris', { pooling: 'cls' })).resolves.toMatchObject({
      results: [[3, 2, 1]],
    });
    for (const pooling of ['mean', 'none']) {
      await expect(predictor.predict('paris', { pooling })).rejects.toMatchObject({
        code: 'INVALID_PARAMETER',
        message: 'parameters.pooling: this model gives one vector a text, pooled already, by cls.',
      });
    }
  });
});

describe('feature-extraction of token ids', () => {
  it('gives what the text of the tokens gives, with special tokens around them or without', async () => {
    const { predictor } = await predictorFor({ task, graph: states });
    const inputs = [
      'rome is big',
      { tokens: [6, 7, 8] },
      { tokens: [2, 6, 7, 8, 3] },
      { tokens: [2, 6, 7, 8] },
    ];
    const { results, tokens } = await predictor.predict(inputs);
    expect(results.slice(1)).toEqual([results[0], results[0], results[0]]);
    expect(tokens).toMatchObject({ total: 20, truncated: 0 });
  });

  it('refuses too many of them, or cuts them and keeps the special tokens', async () => {
    const { predictor } = await predictorFor({ task, graph: states, maxTokens: 4 });
    const inputs = ['rome', { tokens: [5, 6, 7, 8] }];
    await expect(predictor.predict(inputs)).rejects.toMatchObject({
      code: 'INPUT_TOO_LONG',
      details: { index: 1, tokens: 6, maxTokens: 4 },
    });
    const { results, truncated, tokens } = await predictor.predict(inputs, { truncate: true });
    expect(results[1]).toEqual([2, 5, 6, 3].map(stateOf));
    expect(truncated).toEqual([0, 2]);
    expect(tokens.truncated).toBe(2);
  });

  it.each([
    [{ tokens: [5, 13] }, 'inputs[0].tokens[1]: the model has no token 13.'],
    [{ tokens: [] }, 'inputs[0].tokens: must have a token.'],
    [{ tokens: [-1] }, 'inputs[0].tokens.0: must not be negative.'],
    [{ tokens: [1.5] }, 'inputs[0]: must be a text, or {"tokens": [ids of tokens]}.'],
  ])('refuses %j', async (input, message) => {
    const { predictor } = await predictorFor({ task, graph: states });
    await expect(predictor.predict([input])).rejects.toMatchObject({ code: 'INVALID_INPUT', message });
  });
});

describe('sentence-similarity', () => {
  /** Vectors by the second token: at right angles, at 60 degrees, opposite. */
  const DIRECTIONS: Record<number, number[]> = {
    5: [2, 0],
    6: [0, 3],
    8: [1, Math.sqrt(3)],
    9: [-5, 0],
    10: [0, 0],
  };
  const graph: Graph = (ids) => ({
    hidden_states: ids.map((_, i) => (i === 0 ? (DIRECTIONS[ids[1] ?? 0] ?? [0, 0]) : [0, 0])),
  });

  it('gives the cosine of each sentence with the source, in order', async () => {
    const { predictor } = await predictorFor({
      task: 'sentence-similarity',
      graph,
      taskDefaults: { pooling: 'cls' },
    });
    const { results } = await predictor.predict({
      source_sentence: 'paris',
      sentences: ['rome', 'big', 'old', 'paris', 'and'],
    });
    expect(results[0]).toEqual(near([0, 1 / 2, -1, 1, 0]));
  });

  it('puts a prompt before every sentence', async () => {
    const taskDefaults = { pooling: 'cls', prompts: { query: 'rome ' } } as const;
    const { predictor } = await predictorFor({ task: 'sentence-similarity', graph, taskDefaults });
    const input = { source_sentence: 'paris', sentences: ['old', 'big'] };
    const { results } = await predictor.predict(input, { prompt_name: 'query' });
    expect(results[0]).toEqual(near([1, 1]));
  });

  it.each([
    ['paris', 'inputs: must be {"source_sentence": "...", "sentences": ["...", "..."]}.'],
    [
      { source_sentence: 'a' },
      'inputs.sentences: must be {"source_sentence": "...", "sentences": ["...", "..."]}.',
    ],
    [{ source_sentence: 'a', sentences: [] }, 'inputs.sentences: must have a sentence.'],
    [{ source_sentence: 'a', sentences: ['b'], x: 1 }, 'inputs.x: is not known.'],
  ])('refuses %j, and says what an input is', async (input, message) => {
    const { predictor } = await predictorFor({ task: 'sentence-similarity', graph });
    await expect(predictor.predict(input)).rejects.toMatchObject({ code: 'INVALID_INPUT', message });
  });
});

it('feature-extraction keeps no more than one vector a text of a batch where a pooling is chosen', () => {
  const data = new Float32Array(1000).subarray(100, 112).fill(2);
  const hidden_states = { dims: [3, 4], data };
  const encoding = { ids: [2, 5, 3], typeIds: [0, 0, 0], untruncatedLength: 3 };
  const kept = condenseToEmbedding({ encoding, outputs: { hidden_states } }, 'mean', 'mean', undefined);
  expect(kept.outputs.hidden_states).toBeUndefined();
  expect(kept.outputs.embeddings?.data.buffer.byteLength).toBe(4 * 4);
});
