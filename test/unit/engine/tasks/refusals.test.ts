import { describe, expect, it } from 'vitest';
import { taskFor } from '../../../../layers/engine/src/tasks/index.ts';
import {
  finiteData,
  outputData,
  refuseNotFinite,
  requireAlignment,
} from '../../../../layers/engine/src/tasks/output.ts';
import type { CommonParameters } from '../../../../layers/engine/src/tasks/parameters.ts';
import { invalidInput, invalidParameter } from '../../../../layers/engine/src/tasks/refusals.ts';
import { contextOf, windowOf } from './task-inputs.ts';

describe('a refusal', () => {
  it('of an input by itself has the field alone', () => {
    const error = invalidInput('.tokens[3]', 'is no token');
    expect(error).toMatchObject({ code: 'INVALID_INPUT', message: 'inputs.tokens[3]: is no token.' });
    expect(error.details).toStrictEqual({ field: 'inputs.tokens[3]' });
  });

  it('of one of a list has its place too, the first as the others', () => {
    for (const index of [0, 2]) {
      const error = invalidInput('.tokens', 'has none').inList(index);
      expect(error).toMatchObject({
        code: 'INVALID_INPUT',
        message: `inputs[${index}].tokens: has none.`,
      });
      expect(error.details).toStrictEqual({ field: `inputs[${index}].tokens`, index });
    }
  });

  it('of a parameter has its field', () => {
    const error = invalidParameter('top_k', 'is too much');
    expect(error).toMatchObject({ code: 'INVALID_PARAMETER', message: 'parameters.top_k: is too much.' });
    expect(error.details).toStrictEqual({ field: 'parameters.top_k' });
  });
});

describe('an output', () => {
  it('that a model did not give is the fault of its session, and is named', () => {
    const missing = { code: 'SESSION_FAILED', message: 'The model gave no output for logits.' };
    expect(() => outputData(windowOf({ embeddings: [1] }), 'logits')).toThrow(
      expect.objectContaining(missing),
    );
    expect(() => finiteData(undefined, 'logits')).toThrow(expect.objectContaining(missing));
  });

  it.each([[Number.NaN], [Number.POSITIVE_INFINITY], [Number.NEGATIVE_INFINITY]])(
    'with %s anywhere is refused by its name',
    (value) => {
      for (const data of [
        [value, 1, 2],
        [1, value, 2],
        [1, 2, value],
      ])
        expect(() => refuseNotFinite(Float32Array.from(data), 'logits')).toThrow(
          expect.objectContaining({
            code: 'SESSION_FAILED',
            message: 'The model gave logits for this input that are NaN or infinite.',
          }),
        );
    },
  );

  it.each([
    ['text-classification', 'paris', {}, 'logits'],
    ['feature-extraction', 'paris', {}, 'hidden_states'],
    ['feature-extraction', 'paris', { pooling: 'mean' }, 'embeddings'],
    ['sentence-similarity', { source_sentence: 'paris', sentences: ['rome'] }, {}, 'embeddings'],
  ] as const)('of a text whose window is missing is named: %s of %j', async (name, input, given, role) => {
    const task = taskFor(name);
    const parameters = task.parameters.parse(given) as CommonParameters;
    const answer = async () => task.result(input, [], parameters, contextOf());
    await expect(answer()).rejects.toMatchObject({
      code: 'SESSION_FAILED',
      message: `The model gave no output for ${role}.`,
    });
  });

  it('of the largest numbers there are is taken, whatever their sum in float32 would be', () => {
    const largest = 3.4028234663852886e38;
    const data = [largest, largest, -largest, largest];
    expect([...finiteData(windowOf({ logits: data }), 'logits')]).toEqual(data);
  });

  it('of tokens that nobody aligned with the text is refused where a task needs to know their places', () => {
    expect(() => requireAlignment(windowOf({}).encoding)).toThrow(
      expect.objectContaining({
        code: 'SESSION_FAILED',
        message: 'The tokens were not aligned with the text.',
      }),
    );
  });
});
