import { describe, expect, it } from 'vitest';
import { listTasks } from '../../../../layers/engine/src/tasks/index.ts';
import { type Graph, predictorFor, WORDS } from './task-model.ts';

/** Evidence for each hypothesis: contradiction, neutral, entailment. */
const EVIDENCE: Record<string, readonly number[]> = {
  big: [0, 7, Math.log(3)],
  old: [Math.log(2), 7, 0],
};
const graph: Graph = (ids) => {
  const words = ids.map((id) => WORDS[id] ?? '');
  const hypothesis = words.slice(words.indexOf('[SEP]') + 1);
  return { logits: EVIDENCE[hypothesis.findLast((word) => word in EVIDENCE) ?? ''] ?? [0, 0, 0] };
};
const task = 'zero-shot-classification' as const;
const labels = ['contradiction', 'neutral', 'entailment'];
const near = (score: number) => expect.closeTo(score, 6);

const answer = async (parameters: object, reversed = false) => {
  const { predictor } = await predictorFor({
    task,
    labels: reversed ? labels.toReversed() : labels,
    graph: reversed ? (ids) => ({ logits: [...(graph(ids).logits as number[])].reverse() }) : graph,
  });
  const { results } = await predictor.predict('paris is old', parameters);
  return results[0];
};

describe('zero-shot-classification', () => {
  it.each([false, true])(
    'shares 1 among the labels by their entailment, reversed labels: %s',
    async (reversed) => {
      await expect(answer({ candidate_labels: ['old', 'big'] }, reversed)).resolves.toEqual({
        sequence: 'paris is old',
        labels: ['big', 'old'],
        scores: [near(3 / 4), near(1 / 4)],
      });
    },
  );

  it.each([false, true])(
    'with multi_label weighs entailment against contradiction, reversed labels: %s',
    async (reversed) => {
      const parameters = { candidate_labels: ['old', 'big'], multi_label: true };
      await expect(answer(parameters, reversed)).resolves.toMatchObject({
        labels: ['big', 'old'],
        scores: [near(3 / 4), near(1 / 3)],
      });
    },
  );

  it('judges one label by itself, for it would always be the best of one', async () => {
    await expect(answer({ candidate_labels: ['old'] })).resolves.toMatchObject({ scores: [near(1 / 3)] });
  });

  it('takes labels as a string with commas', async () => {
    await expect(answer({ candidate_labels: ' old, big,' })).resolves.toMatchObject({
      labels: ['big', 'old'],
    });
  });

  it('puts the label into the template as it stands, `$&` and all', async () => {
    const seen: string[] = [];
    const spy: Graph = (ids) => {
      seen.push(ids.map((id) => WORDS[id]).join(' '));
      return { logits: [0, 0, 0] };
    };
    const { predictor } = await predictorFor({ task, labels, graph: spy });
    seen.length = 0;
    await predictor.predict('rome', { candidate_labels: ['paris'], hypothesis_template: 'big and {}.' });
    await predictor.predict('rome', { candidate_labels: ['$&'], hypothesis_template: 'big {}' });
    expect(seen).toEqual([
      '[CLS] rome [SEP] big and paris . [SEP]',
      '[CLS] rome [SEP] big [UNK] [UNK] [SEP]',
    ]);
  });

  it('reads all labels of all inputs in one batch', async () => {
    const { predictor, session } = await predictorFor({ task, labels, graph, tokenBudget: 1000 });
    await predictor.predict(['rome', 'paris is big'], { candidate_labels: ['old', 'big', 'rome'] });
    expect(session.runs).toBe(1);
  });

  it.each([
    [{}, 'must be a list of labels, or a string with commas between them'],
    [{ candidate_labels: [] }, 'must have a label'],
    [{ candidate_labels: ' , ' }, 'must have a label'],
    [{ candidate_labels: ['old', ' '] }, 'must not have an empty label'],
    [{ candidate_labels: ['old', 'big', 'old'] }, 'must be distinct'],
    [{ candidate_labels: ['old'], hypothesis_template: 'It is.' }, 'must have {} once'],
    [{ candidate_labels: ['old'], hypothesis_template: 'It is {} {}.' }, 'must have {} once'],
    [
      { candidate_labels: ['old'], hypothesis_template: `${'is '.repeat(400)}{}` },
      'must have at most 1000 characters',
    ],
  ])('refuses %j before anything runs', async (parameters, reason) => {
    const { predictor, session } = await predictorFor({ task, labels, graph });
    await expect(predictor.predict('rome', parameters)).rejects.toMatchObject({
      code: 'INVALID_PARAMETER',
      message: expect.stringContaining(reason),
    });
    expect(session.runs).toBe(0);
  });

  it('names the input that is too long, not one of its hypotheses', async () => {
    const { predictor } = await predictorFor({ task, labels, graph });
    const prediction = predictor.predict(['rome', 'rome '.repeat(20)], { candidate_labels: ['old', 'big'] });
    await expect(prediction).rejects.toMatchObject({ code: 'INPUT_TOO_LONG', details: { index: 1 } });
    const limited = predictor.predict(
      ['rome', 'rome is big'],
      { candidate_labels: ['old', 'big'] },
      { limits: { maxInputTokens: 9 } },
    );
    await expect(limited).rejects.toMatchObject({
      code: 'INPUT_TOO_LONG',
      details: { index: 1, maxTokens: 9 },
    });
  });

  it('reads the label of the manifest that means entailment, whatever it is called', async () => {
    const taskDefaults = { entailment: 'follows' };
    const { predictor } = await predictorFor({
      ...{ task, graph, taskDefaults },
      labels: ['entailed not', 'neutral', 'follows'],
    });
    const { results } = await predictor.predict('rome', { candidate_labels: ['old', 'big'] });
    expect(results).toMatchObject([{ labels: ['big', 'old'], scores: [near(3 / 4), near(1 / 4)] }]);
  });

  it('refuses a model of which nobody knows what means entailment', async () => {
    const others = ['contradiction', 'neutral', 'not_entailment'];
    const { predictor } = await predictorFor({ task, graph, labels: others });
    await expect(predictor.predict('rome', { candidate_labels: ['old'] })).rejects.toMatchObject({
      code: 'PACKAGE_INVALID',
      message: 'The manifest does not say which label means entailment.',
    });
  });

  it('is a task of a classifier whose manifest says which label means entailment, whatever it is called', () => {
    const model = { task: 'text-classification' as const, labels: ['no', 'follows'] };
    expect(listTasks(model)).not.toContain(task);
    expect(listTasks({ ...model, taskDefaults: { entailment: 'follows' } })).toContain(task);
  });
});
