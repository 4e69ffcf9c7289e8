/** How a text becomes one vector, or one for each token: what the call, the model and the graph have to say of it. */
import { describe, expect, it } from 'vitest';
import type { TaskContext } from '../../../../layers/engine/src/ports.ts';
import { condenseToEmbedding } from '../../../../layers/engine/src/tasks/embedding.ts';
import { featureExtraction } from '../../../../layers/engine/src/tasks/feature-extraction.ts';
import { sentenceSimilarity } from '../../../../layers/engine/src/tasks/sentence-similarity.ts';
import { contextOf, windowOf } from './task-inputs.ts';
import { type Graph, predictorFor } from './task-model.ts';

type Defaults = NonNullable<TaskContext['taskDefaults']>;
const task = 'feature-extraction' as const;
const parametersOf = (given: object) => featureExtraction.parameters.parse(given);
const vectorsOf = (values: ReturnType<typeof condenseToEmbedding>) => values.outputs.embeddings;

/** Two tokens of two numbers: a mean of [2, 4], a largest of [3, 5], [1, 5] first and [3, 3] last. */
const STATES = { hidden_states: [1, 5, 3, 3] };

describe('the pooling of a text', () => {
  it.each([
    ['none', {}, {}, undefined],
    ['that of the call', { pooling: 'mean' }, {}, 'mean'],
    ['that of the call before that of the model', { pooling: 'cls' }, { pooling: 'mean' }, 'cls'],
    ['that of the model', {}, { pooling: 'last-token' }, 'last-token'],
    ['none, as the call says', { pooling: 'none' }, { pooling: 'mean' }, undefined],
    ['none, as the model says', {}, { pooling: 'none' }, undefined],
  ] as const)('for its features is %s: %j of %j', (_title, parameters, taskDefaults, expected) => {
    const context = contextOf({ taskDefaults: taskDefaults as Defaults });
    expect(featureExtraction.pooling?.(parametersOf(parameters), context)).toBe(expected);
  });

  it.each([
    ['the mean', undefined, 'mean'],
    ['the mean where the model has none', { pooling: 'none' }, 'mean'],
    ['that of the model', { pooling: 'cls' }, 'cls'],
  ] as const)('for its similarity is %s', (_title, taskDefaults, expected) => {
    const context = contextOf(taskDefaults && { taskDefaults });
    const parameters = sentenceSimilarity.parameters.parse({});
    expect(sentenceSimilarity.pooling?.(parameters, context)).toBe(expected);
    const kept = sentenceSimilarity.condense?.(windowOf(STATES), parameters, context);
    expect([...(kept?.outputs.embeddings?.data ?? [])]).toEqual(expected === 'mean' ? [2, 4] : [1, 5]);
  });

  it('is that of the call, else of the model, else the usual one', () => {
    const data = (pooling: 'max' | undefined, own?: Defaults) =>
      vectorsOf(condenseToEmbedding(windowOf(STATES), pooling, 'last-token', own));
    expect(data('max', { pooling: 'cls' })).toEqual({ dims: [2], data: Float32Array.of(3, 5) });
    expect(data(undefined, { pooling: 'cls' })).toEqual({ dims: [2], data: Float32Array.of(1, 5) });
    expect(data(undefined, { pooling: 'none' })).toEqual({ dims: [2], data: Float32Array.of(3, 3) });
    expect(data(undefined)).toEqual({ dims: [2], data: Float32Array.of(3, 3) });
  });
});

describe('a graph that pools', () => {
  const POOLED = { embeddings: [7, 8] };

  it('has its vectors kept alone, out of the batch that they came in', () => {
    const embeddings = { dims: [2], data: new Float32Array(1000).subarray(100, 102) };
    const window = { ...windowOf(STATES), outputs: { ...windowOf(STATES).outputs, embeddings } };
    const kept = condenseToEmbedding(window, undefined, 'mean', undefined);
    expect(Object.keys(kept.outputs)).toEqual(['embeddings']);
    expect(vectorsOf(kept)?.dims).toEqual([2]);
    expect(vectorsOf(kept)?.data.buffer.byteLength).toBe(2 * 4);
  });

  it('has its hidden states pooled where it gives them too and a call wants another pooling', () => {
    const window = windowOf({ ...POOLED, ...STATES });
    const pooled = (pooling: 'cls' | 'max' | undefined) =>
      vectorsOf(condenseToEmbedding(window, pooling, 'mean', { pooling: 'cls' }))?.data;
    expect(pooled('max')).toEqual(Float32Array.of(3, 5));
    expect(pooled('cls')).toEqual(Float32Array.of(7, 8));
    expect(pooled(undefined)).toEqual(Float32Array.of(7, 8));
  });

  it('cannot pool in another way, whether or not the manifest says which way is its own', () => {
    const pool = (own?: Defaults) => () => condenseToEmbedding(windowOf(POOLED), 'max', 'mean', own);
    expect(pool()).toThrow('parameters.pooling: this model gives one vector a text, pooled already.');
    expect(pool({ pooling: 'cls' })).toThrow(
      'parameters.pooling: this model gives one vector a text, pooled already, by cls.',
    );
  });

  it('that gave nothing at all is the fault of the session', () => {
    expect(() => condenseToEmbedding(windowOf({}), undefined, 'mean', undefined)).toThrow(
      'The model gave no output for hidden_states.',
    );
  });

  it('gives its vectors without a word of the manifest, and refuses one for each token', async () => {
    const graph: Graph = () => POOLED;
    const { predictor } = await predictorFor({ task, graph });
    await expect(predictor.predict('paris')).resolves.toMatchObject({ results: [[7, 8]] });
    await expect(predictor.predict('paris', { pooling: 'none' })).rejects.toMatchObject({
      code: 'INVALID_PARAMETER',
      message: 'parameters.pooling: this model gives one vector a text, pooled already.',
    });
  });

  it('gives a vector for each token on request where it has hidden states too', () => {
    const window = windowOf({ ...POOLED, ...STATES });
    const parameters = parametersOf({ pooling: 'none' });
    const kept = featureExtraction.condense?.(window, parameters, contextOf());
    expect(kept).toBe(window);
    const result = featureExtraction.result('', [[window]], parameters, contextOf());
    return expect(result).resolves.toEqual([
      [1, 5],
      [3, 3],
    ]);
  });
});

describe('a model that is pooled by its manifest', () => {
  const graph: Graph = (ids) => ({ hidden_states: ids.map((id) => [id, 1]) });
  const open = () => predictorFor({ task, graph, taskDefaults: { pooling: 'max' } });

  it('gives a vector for each token where a call wants that', async () => {
    const { predictor } = await open();
    await expect(predictor.predict('paris')).resolves.toMatchObject({ results: [[5, 1]] });
    await expect(predictor.predict('paris', { pooling: 'none' })).resolves.toMatchObject({
      results: [
        [
          [2, 1],
          [5, 1],
          [3, 1],
        ],
      ],
    });
  });

  it('takes as many dimensions as its vectors have, and at least one', async () => {
    const { predictor } = await open();
    await expect(predictor.predict('paris', { dimensions: 2 })).resolves.toMatchObject({ results: [[5, 1]] });
    await expect(predictor.predict('paris', { dimensions: 1 })).resolves.toMatchObject({ results: [[5]] });
    for (const dimensions of [0, 3, 1.5])
      await expect(predictor.predict('paris', { dimensions })).rejects.toMatchObject({
        code: 'INVALID_PARAMETER',
        details: { field: 'parameters.dimensions' },
      });
  });
});

describe('token ids', () => {
  const { vocabulary } = contextOf();
  const requests = (input: Parameters<typeof featureExtraction.requests>[0], context = contextOf()) => [
    ...featureExtraction.requests(input, parametersOf({}), context),
  ];

  it('stand in place of a text, with special tokens around them unless the input says otherwise', () => {
    const expected = { text: '', ids: [5, 6] };
    expect(requests({ tokens: [5, 6] })).toStrictEqual([expected]);
    expect(requests({ tokens: [5, 6], add_special_tokens: true })).toStrictEqual([expected]);
    expect(requests({ tokens: [5, 6], add_special_tokens: false })).toStrictEqual([
      { ...expected, idsAreWhole: true },
    ]);
  });

  it('are known below the size of the vocabulary, and above it where they have a token', () => {
    const gaps = { ...vocabulary, idToToken: (id: number) => ({ 0: 'a', 4: 'b', 20: 'c' })[id] };
    const textProcessing = { ...contextOf().textProcessing, vocabSize: 5 };
    const context = contextOf({ textProcessing, vocabulary: gaps });
    expect(requests({ tokens: [0, 3, 4, 20] }, context)).toHaveLength(1);
    expect(() => requests({ tokens: [0, 5] }, context)).toThrow(
      'inputs.tokens[1]: the model has no token 5.',
    );
    expect(() => requests({ tokens: [21] }, context)).toThrow('inputs.tokens[0]: the model has no token 21.');
  });
});
