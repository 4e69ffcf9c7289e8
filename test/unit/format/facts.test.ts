import {
  chooseVersion,
  describeScheme,
  MEGABYTES_PER_VCPU,
  SCHEME_NAMES,
  TASK_FACTS,
  TASKS,
  wireParameters,
} from '@pilotlight/model-format';
import { describe, expect, it } from 'vitest';

it('a vCPU of Lambda costs 1,769 MB of memory', () => {
  expect(MEGABYTES_PER_VCPU).toBe(1769);
});

it('each scheme pads to its multiple of tokens and runs where it has kernels', () => {
  const facts = Object.fromEntries(SCHEME_NAMES.map((name) => [name, describeScheme(name)]));
  expect(facts).toEqual({
    fp32: { providers: ['cpu', 'cuda'], lengthMultiple: 4 },
    fp16: { providers: ['cpu', 'cuda', 'webgpu'], lengthMultiple: 8 },
    'int8-static': { providers: ['cpu'], lengthMultiple: 4, packsExactly: true, sumsMaySaturate: true },
    'int8-static-7bit': { providers: ['cpu'], lengthMultiple: 4, packsExactly: true },
    'int8-static-rows': { providers: ['cpu'], lengthMultiple: 4, packsExactly: true, sumsMaySaturate: true },
    'int8-static-rows-7bit': { providers: ['cpu'], lengthMultiple: 4, packsExactly: true },
    'int8-rows': { providers: ['cpu'], lengthMultiple: 4, packsExactly: true, sumsMaySaturate: true },
    'int8-rows-7bit': { providers: ['cpu'], lengthMultiple: 4, packsExactly: true },
    'int8-blocks-64': { providers: ['cpu'], lengthMultiple: 4 },
    'int8-blocks-32': { providers: ['cpu'], lengthMultiple: 4 },
    'int8-blocks-64-lstm': { providers: ['cpu'], lengthMultiple: 4, sumsMaySaturate: true },
    'int8-weights': { providers: ['cpu'], lengthMultiple: 4, foldWeights: true },
    'int8-dynamic-per-channel': { providers: ['cpu'], lengthMultiple: 4, sumsMaySaturate: true },
    'int8-dynamic-per-channel-7bit': { providers: ['cpu'], lengthMultiple: 4 },
    'int8-exported': { providers: ['cpu'], lengthMultiple: 4, sumsMaySaturate: true },
    'int4-exported': { providers: ['cpu'], lengthMultiple: 4 },
  });
});

describe('a task', () => {
  it('holds as many rows of a file at once as the size of its results allows', () => {
    expect(Object.fromEntries(TASKS.map((task) => [task, TASK_FACTS[task].windowRows]))).toEqual({
      'text-classification': 2000,
      'token-classification': 2000,
      'question-answering': 500,
      'fill-mask': 100,
      'zero-shot-classification': 200,
      'feature-extraction': 100,
      'sentence-similarity': 200,
      'text-ranking': 200,
    });
  });

  it('counts characters in code points on the wire where its results have offsets, unless a call says otherwise', () => {
    for (const task of ['token-classification', 'question-answering'] as const)
      expect(wireParameters({ top_k: 1 }, task)).toEqual({ offset_unit: 'codepoint', top_k: 1 });
    expect(wireParameters({ offset_unit: 'utf16' }, 'question-answering')).toEqual({ offset_unit: 'utf16' });
    expect(wireParameters(undefined, 'token-classification')).toEqual({ offset_unit: 'codepoint' });
    expect(wireParameters({ top_k: 1 }, 'text-classification')).toEqual({ top_k: 1 });
    expect(wireParameters({ top_k: 1 }, undefined)).toEqual({ top_k: 1 });
    expect(wireParameters(null, undefined)).toEqual({});
  });

  it('asks in its example for what it reads, with nothing that is empty', () => {
    expect(TASK_FACTS['question-answering'].example().inputs).toEqual({
      question: 'Who was born in London?',
      context: 'Ada Lovelace was born in London.',
    });
    expect(TASK_FACTS['zero-shot-classification'].example().parameters).toEqual({
      candidate_labels: ['delivery', 'payment'],
    });
    for (const task of TASKS) {
      const { inputs, parameters = {} } = TASK_FACTS[task].example();
      expect(JSON.stringify([inputs, parameters]), task).not.toMatch(/""|\[\]/);
    }
  });

  it('asks in its example with the mask token of the model', () => {
    expect(TASK_FACTS['fill-mask'].example()).toEqual({ inputs: 'Paris is the [MASK] of France.' });
    expect(TASK_FACTS['fill-mask'].example('<mask>')).toEqual({ inputs: 'Paris is the <mask> of France.' });
  });

  it('has an example with the field or the parameter by which a body is recognised as its own, and no apostrophe', () => {
    for (const task of TASKS) {
      const { example, inputField, parameter } = TASK_FACTS[task];
      const { inputs, parameters } = example();
      expect(JSON.stringify(inputs).length, task).toBeGreaterThan(10);
      if (inputField !== undefined) expect(inputs, task).toHaveProperty(inputField);
      if (parameter !== undefined) expect(parameters, task).toHaveProperty(parameter);
      expect(JSON.stringify({ inputs, parameters }), task).not.toContain("'");
    }
  });
});

describe('the version that is meant', () => {
  const versions = ['1.9.0', '1.10.0', '1.10.0-rc.1'];

  it('is the highest where none is named, and the one that is named where it exists', () => {
    expect(chooseVersion(undefined, versions)).toBe('1.10.0');
    expect(chooseVersion('1.9.0', versions)).toBe('1.9.0');
  });

  it('is none where there is no such version, or no version at all', () => {
    expect(chooseVersion('1.9', versions)).toBeUndefined();
    expect(chooseVersion(undefined, [])).toBeUndefined();
  });
});
