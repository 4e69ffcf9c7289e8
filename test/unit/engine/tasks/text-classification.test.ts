import { expect, it } from 'vitest';
import { type Graph, predictorFor } from './task-model.ts';

/** Logits 0, ln 2 and ln 5, whatever the text: softmax 1/8, 2/8 and 5/8; sigmoid 1/2, 2/3 and 5/6. */
const three: Graph = () => ({ logits: [0, Math.log(2), Math.log(5)] });
const labels = ['low', 'middle', 'high'];
const task = 'text-classification' as const;

const scoresOf = (results: readonly unknown[]) => results[0];
const near = (score: number) => expect.closeTo(score, 6);

it('text-classification gives every label, best first, with scores that sum to 1', async () => {
  const { predictor } = await predictorFor({ task, labels, graph: three });
  const { results } = await predictor.predict('paris');
  expect(scoresOf(results)).toEqual([
    { label: 'high', score: near(5 / 8) },
    { label: 'middle', score: near(2 / 8) },
    { label: 'low', score: near(1 / 8) },
  ]);
});

it.each([
  ['of a model of several true labels', { functionToApply: 'sigmoid' }, {}, 5 / 6],
  ['of a regression', { functionToApply: 'none' }, {}, Math.log(5)],
  [
    'of the call, before that of the model',
    { functionToApply: 'none' },
    { function_to_apply: 'sigmoid' },
    5 / 6,
  ],
] as const)('applies the function %s', async (_title, taskDefaults, parameters, score) => {
  const { predictor } = await predictorFor({ task, labels, graph: three, taskDefaults });
  const { results } = await predictor.predict('paris', { ...parameters, top_k: 1 });
  expect(scoresOf(results)).toEqual([{ label: 'high', score: near(score) }]);
});

it('text-classification gives the only label of a model its own probability, because softmax would always be 1', async () => {
  const graph: Graph = () => ({ logits: [Math.log(3)] });
  const { predictor } = await predictorFor({ task, labels: ['toxic'], graph });
  const { results } = await predictor.predict('paris');
  expect(scoresOf(results)).toEqual([{ label: 'toxic', score: near(3 / 4) }]);
});

it('text-classification gives finite scores for logits of any size', async () => {
  const graph: Graph = () => ({ logits: [30_000, -30_000] });
  const { predictor } = await predictorFor({ task, labels: ['yes', 'no'], graph });
  for (const function_to_apply of ['softmax', 'sigmoid']) {
    const { results } = await predictor.predict('paris', { function_to_apply });
    expect(scoresOf(results)).toEqual([
      { label: 'yes', score: 1 },
      { label: 'no', score: 0 },
    ]);
  }
});

it('text-classification reads a pair as one sequence of two texts, and an empty second text as none', async () => {
  /** Logits say how many [SEP] there were, and how many tokens. */
  const graph: Graph = (ids) => ({ logits: [ids.filter((id) => id === 3).length, ids.length] });
  const { predictor } = await predictorFor({ task, labels: ['separators', 'tokens'], graph });
  const empty = { text: 'rome', text_pair: '' };
  const inputs = [{ text: 'paris is big', text_pair: 'rome' }, { text: 'rome' }, 'rome', empty];
  const { results } = await predictor.predict(inputs, { function_to_apply: 'none' });
  const counts = (tokens: number, separators: number) => [
    { label: 'tokens', score: tokens },
    { label: 'separators', score: separators },
  ];
  expect(results).toEqual([counts(7, 2), counts(3, 1), counts(3, 1), counts(3, 1)]);
});

it.each([7, null, { text_pair: 'x' }, { text: 7 }])(
  'text-classification refuses %j, and says what an input is',
  async (input) => {
    const { predictor } = await predictorFor({ task, labels, graph: three });
    await expect(predictor.predict(['a', input])).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: 'inputs[1]: must be a text, or {"text": "...", "text_pair": "..."}.',
      details: { field: 'inputs[1]' },
    });
  },
);

it('text-classification refuses a model of another number of logits than its manifest has labels', async () => {
  const { predictor } = await predictorFor({ task, labels: ['low', 'high'], graph: three });
  await expect(predictor.predict('paris')).rejects.toMatchObject({
    code: 'PACKAGE_INVALID',
    message: 'The model gave 3 logits, but its manifest has 2 labels.',
  });
});

it.each([
  [1, ['high']],
  [2, ['high', 'middle']],
  [9, ['high', 'middle', 'low']],
  [null, ['high', 'middle', 'low']],
])('text-classification gives as many labels as a call asks for, of three: %j', async (top_k, best) => {
  const { predictor } = await predictorFor({ task, labels, graph: three });
  const { results } = await predictor.predict('paris', { top_k });
  expect(results[0]).toMatchObject(best.map((label) => ({ label })));
  expect(results[0]).toHaveLength(best.length);
});

it('text-classification names the key of a pair that it does not know', async () => {
  const { predictor } = await predictorFor({ task, labels, graph: three });
  await expect(predictor.predict({ text: 'a', pair: 'b' })).rejects.toMatchObject({
    code: 'INVALID_INPUT',
    message: 'inputs.pair: is not known.',
  });
});
