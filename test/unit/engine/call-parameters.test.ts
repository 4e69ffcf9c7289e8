import { TASKS, type TaskName } from '@pilotlight/model-format';
import { describe, expect, it } from 'vitest';
import { parseInputs, parseParameters } from '../../../layers/engine/src/predict/validate.ts';
import { taskFor } from '../../../layers/engine/src/tasks/index.ts';

const required = (name: TaskName) => (name === 'zero-shot-classification' ? { candidate_labels: ['a'] } : {});
const refusal = (name: TaskName, parameters: object) => {
  try {
    return parseParameters(taskFor(name), { ...required(name), ...parameters });
  } catch (error) {
    return error;
  }
};
const refused = (field: string, message: string) => ({
  code: 'INVALID_PARAMETER',
  message: expect.stringContaining(message),
  details: { field },
});

const many = Object.fromEntries(Array.from({ length: 200_000 }, (_, i) => [`key${i}`, i]));

describe.each(TASKS)('the parameters of %s', (name) => {
  const task = taskFor(name);

  it('that are null are as if they were not there', () => {
    const nulls = Object.fromEntries(Object.keys(task.parameters.shape).map((key) => [key, null]));
    expect(parseParameters(task, { ...nulls, ...required(name) })).toEqual(
      parseParameters(task, required(name)),
    );
  });

  it('may be none at all, as null', () => {
    if (name !== 'zero-shot-classification')
      expect(parseParameters(task, null)).toEqual(parseParameters(task, {}));
  });

  it.each([7, 'top_k', true, [], [['top_k', 1]]])('are no %j', (parameters) => {
    expect(() => parseParameters(task, parameters)).toThrow(
      expect.objectContaining({
        code: 'INVALID_PARAMETER',
        message: expect.stringContaining('must be an object'),
      }),
    );
  });

  it.each(['truncation', 'max_length', 'truncaet'])('say truncate where a client says %s', (key) => {
    expect(refusal(name, { [key]: 7 })).toMatchObject(
      refused(`parameters.${key}`, `parameters.${key}: is not known; did you mean truncate?`),
    );
  });

  it.each(['padding', 'padding_side', 'batch_size'])('say that nobody needs %s', (key) => {
    expect(refusal(name, { [key]: true })).toMatchObject(refused(`parameters.${key}`, 'leave it out'));
  });

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])('do not have the name %s', (key) => {
    const parameters = JSON.parse(`{${JSON.stringify(key)}: {"top_k": 1}}`);
    expect(refusal(name, parameters === null ? {} : Object.assign(parameters, required(name)))).toMatchObject(
      refused(`parameters.${key}`, 'is not known'),
    );
  });

  it('are refused where there are very many, and a name is not repeated in full', () => {
    expect(refusal(name, many)).toMatchObject(refused('parameters', 'must have at most 100 names'));
    expect(refusal(name, { ['n'.repeat(1_000_000)]: 1 })).toMatchObject({
      details: { field: `parameters.${'n'.repeat(100)}` },
    });
  });
});

describe('names of other libraries', () => {
  it.each<[TaskName, string, string]>([
    ['text-classification', 'return_all_scores', 'top_k'],
    ['text-classification', 'topk', 'top_k'],
    ['text-classification', 'truncation_side', 'truncation_direction'],
    ['token-classification', 'grouped_entities', 'aggregation_strategy'],
    ['text-ranking', 'top_n', 'top_k'],
    ['text-ranking', 'return_documents', 'return_text'],
    ['zero-shot-classification', 'labels', 'candidate_labels'],
    ['zero-shot-classification', 'multi_class', 'multi_label'],
    ['feature-extraction', 'normalize_embeddings', 'normalize'],
    ['feature-extraction', 'truncate_dim', 'dimensions'],
    ['question-answering', 'max_seq_length', 'max_seq_len'],
    ['question-answering', 'topk', 'top_k'],
  ])('have the hint of %s: %s is %s', (name, other, own) => {
    expect(refusal(name, { [other]: true })).toMatchObject({
      message: `parameters.${other}: is not known; did you mean ${own}?`,
    });
  });

  it('have no hint where the task has nothing alike', () => {
    expect(refusal('sentence-similarity', { return_all_scores: true })).toMatchObject({
      message: 'parameters.return_all_scores: is not known.',
    });
  });
});

describe('lists of a call', () => {
  const wrong = Array(300_000).fill({});

  it.each<[TaskName, unknown, string]>([
    ['text-ranking', { query: 'q', texts: wrong }, 'inputs[0].texts[0]'],
    ['sentence-similarity', { source_sentence: 's', sentences: wrong }, 'inputs[0].sentences'],
    ['feature-extraction', { tokens: wrong }, 'inputs[0]'],
    ['text-classification', wrong, 'inputs[0]'],
  ])('cost %s one fault, however many elements are at fault', (name, input, field) => {
    const before = process.cpuUsage();
    expect(() => parseInputs(taskFor(name), [input])).toThrow(
      expect.objectContaining({
        code: 'INVALID_INPUT',
        message: expect.stringContaining(field.split('[0]')[0] ?? ''),
      }),
    );
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1000).toBeLessThan(500);
  });

  it.each<[TaskName, object, string]>([
    ['zero-shot-classification', { candidate_labels: wrong }, 'candidate_labels'],
    ['zero-shot-classification', { candidate_labels: Array(20_000).fill('x') }, 'candidate_labels'],
    ['zero-shot-classification', { candidate_labels: 'x,'.repeat(900_000) }, 'candidate_labels'],
    ['token-classification', { ignore_labels: wrong }, 'ignore_labels'],
    ['fill-mask', { targets: wrong }, 'targets'],
    ['fill-mask', { targets: ['x'.repeat(201)] }, 'targets.0'],
    ['fill-mask', { targets: 'x'.repeat(1_900_000) }, 'targets'],
  ])('are bounded before they are read: %s', (name, parameters, key) => {
    expect(refusal(name, parameters)).toMatchObject(refused(`parameters.${key}`, key));
  });
});
