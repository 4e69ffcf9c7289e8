import { TASKS } from '@pilotlight/model-format';
import { describe, expect, it } from 'vitest';
import type { TaskModel, TaskName } from '../../../../layers/engine/src/ports.ts';
import { findTask, listTasks, taskFor } from '../../../../layers/engine/src/tasks/index.ts';

const NLI = ['entailment', 'neutral', 'contradiction'];
const model = (task: TaskName, labels: readonly string[] = [], entailment?: string): TaskModel => ({
  task,
  labels: [...labels],
  ...(entailment !== undefined && { taskDefaults: { entailment } }),
});

describe('the tasks of a model', () => {
  it.each([
    ['classifies tokens', model('token-classification', NLI), []],
    ['classifies tokens by one label', model('token-classification', ['city']), []],
    ['answers questions', model('question-answering'), []],
    ['fills masks', model('fill-mask'), []],
    ['embeds tokens', model('feature-extraction'), ['sentence-similarity']],
    ['compares sentences', model('sentence-similarity'), ['feature-extraction']],
    ['ranks', model('text-ranking', ['fits']), ['text-classification']],
    ['ranks, with labels of two texts', model('text-ranking', NLI), ['text-classification']],
    ['classifies', model('text-classification', ['bad', 'good']), []],
    ['gives one score', model('text-classification', ['toxic']), ['text-ranking']],
    ['tells what follows', model('text-classification', NLI), ['zero-shot-classification']],
    [
      'tells what follows last of all',
      model('text-classification', NLI.toReversed()),
      ['zero-shot-classification'],
    ],
    ['tells what follows or not', model('text-classification', ['not_entailment', 'other']), []],
    ['has the label of what follows alone', model('text-classification', ['entailment']), ['text-ranking']],
    [
      'has another word for it',
      model('text-classification', ['no', 'follows'], 'follows'),
      ['zero-shot-classification'],
    ],
    [
      'has a word for it that is no label',
      model('text-classification', ['entailment', 'other'], 'follows'),
      [],
    ],
    ['is for labels that it has not seen', model('zero-shot-classification', NLI), ['text-classification']],
  ])('that %s', (_title, own, others) => {
    expect(listTasks(own)).toEqual([own.task, ...others]);
    expect(taskFor(own.task).serves(own)).toBe(true);
  });

  it('that has none for labels that it has not seen is of that task still, as its manifest says', () => {
    expect(listTasks(model('zero-shot-classification', ['a', 'b']))).toEqual([
      'zero-shot-classification',
      'text-classification',
    ]);
  });
});

describe('a task', () => {
  it.each(TASKS)('is found by its name: %s', (name) => {
    expect(findTask(name)).toBe(taskFor(name));
    expect(taskFor(name).name).toBe(name);
  });

  it('is not found by a name that is none', () => {
    for (const name of ['', 'toString', 'text-generation']) expect(findTask(name)).toBeUndefined();
  });
});
