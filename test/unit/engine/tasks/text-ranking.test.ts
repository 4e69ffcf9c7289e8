import { expect, it } from 'vitest';
import { type Graph, predictorFor } from './task-model.ts';

const task = 'text-ranking' as const;
/** How well a text fits is said by its first word: `rome` 3 : 1, `big` 1 : 1, all others 1 : 4. */
const oddsOf = (ids: readonly number[]) => ({ 6: 3, 8: 1 })[ids[ids.indexOf(3) + 1] ?? 0] ?? 1 / 4;
const one: Graph = (ids) => ({ logits: [Math.log(oddsOf(ids))] });
const two: Graph = (ids) => ({ logits: [2, 2 + Math.log(oddsOf(ids))] });
const input = { query: 'paris', texts: ['old', 'rome is old', 'big', 'and', 'rome'] };
const near = (score: number) => expect.closeTo(score, 6);

it.each([
  ['one logit', one],
  ['two logits', two],
])(
  'text-ranking orders texts by a probability, equal ones as they came, for a model of %s',
  async (_title, graph) => {
    const { predictor } = await predictorFor({ task, graph });
    const { results } = await predictor.predict(input);
    expect(results[0]).toEqual([
      { index: 1, score: near(3 / 4) },
      { index: 4, score: near(3 / 4) },
      { index: 2, score: near(1 / 2) },
      { index: 0, score: near(1 / 5) },
      { index: 3, score: near(1 / 5) },
    ]);
  },
);

it('text-ranking gives logits on request, or where the model was trained for them', async () => {
  const raw = [{ index: 1, score: near(Math.log(3)), text: 'rome is old' }];
  const plain = await predictorFor({ task, graph: one });
  const asked = await plain.predictor.predict(input, { raw_scores: true, top_k: 1, return_text: true });
  expect(asked.results[0]).toEqual(raw);
  const { predictor } = await predictorFor({ task, graph: one, taskDefaults: { functionToApply: 'none' } });
  const { results } = await predictor.predict(input, { top_k: 1, return_text: true });
  expect(results[0]).toEqual(raw);
});

it('text-ranking refuses a model of three logits, instead of guessing which one means that a text fits', async () => {
  const { predictor } = await predictorFor({ task, graph: () => ({ logits: [1, 2, 3] }) });
  await expect(predictor.predict(input)).rejects.toMatchObject({
    code: 'PACKAGE_INVALID',
    message: 'The model gave 3 logits for a pair; a model that ranks texts gives one, or two.',
  });
});

it.each([
  ['paris', 'inputs: must be {"query": "...", "texts": ["...", "..."]}.'],
  [{ query: 'a', texts: ['b', 7] }, 'inputs.texts.1: must be {"query": "...", "texts": ["...", "..."]}.'],
  [{ query: 'a', texts: [] }, 'inputs.texts: must have a text.'],
  [{ query: 'a', texts: ['b'], text: 'c' }, 'inputs.text: is not known.'],
])('text-ranking refuses %j, and says what an input is', async (wrong, message) => {
  const { predictor } = await predictorFor({ task, graph: one });
  await expect(predictor.predict(wrong)).rejects.toMatchObject({ code: 'INVALID_INPUT', message });
});
