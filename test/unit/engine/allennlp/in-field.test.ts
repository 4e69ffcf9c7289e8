import { EngineError } from '@pilotlight/engine';
import { describe, expect, it } from 'vitest';
import { inField } from '../../../../layers/engine/src/runtimes/allennlp/text/in-field.ts';

const refused = (error: unknown) => inField('inputs.sentence', () => Promise.reject(error));

describe('an error of what reads a text', () => {
  it('gets the name of the text, where the input is at fault', async () => {
    const error = new EngineError('INPUT_TOO_LONG', 'Too long.', { details: { tokens: 9 } });
    await expect(refused(error)).rejects.toMatchObject({
      code: 'INPUT_TOO_LONG',
      message: 'inputs.sentence: Too long.',
      details: { field: 'inputs.sentence', tokens: 9 },
    });
  });

  it('stays as it is, where it has a name or nobody who sent a text is at fault', async () => {
    const named = new EngineError('INVALID_INPUT', 'a: no.', { details: { field: 'a' } });
    const own = new EngineError('PACKAGE_INVALID', 'No.');
    const other = new TypeError('No.');
    for (const error of [named, own, other]) await expect(refused(error)).rejects.toBe(error);
  });
});
