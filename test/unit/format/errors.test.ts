import { EngineError, PilotlightError } from '@pilotlight/model-format/errors';
import { describe, expect, it } from 'vitest';

describe('an error of Pilotlight', () => {
  it('carries its code, its message, its details and its cause', () => {
    const cause = new RangeError('deep');
    const error = new EngineError('OVERLOADED', 'Try again later.', { details: { queued: 3 }, cause });
    expect(error).toMatchObject({ name: 'EngineError', code: 'OVERLOADED', message: 'Try again later.' });
    expect(error.details).toEqual({ queued: 3 });
    expect(error.cause).toBe(cause);
    expect(error).toBeInstanceOf(PilotlightError);
  });

  it('has no details and no property "cause" unless they are given', () => {
    const error = new PilotlightError('CATALOG_INVALID', 'Correct it.');
    expect(error.name).toBe('PilotlightError');
    expect(error.details).toEqual({});
    expect('cause' in error).toBe(false);
  });

  it('is told from other errors by a symbol, so that one of another copy of the package is recognised', () => {
    const foreign = Object.assign(new Error('other copy'), { [Symbol.for('pilotlight.error')]: true });
    expect(PilotlightError.is(new EngineError('OVERLOADED', 'Try again later.'))).toBe(true);
    expect(PilotlightError.is(foreign)).toBe(true);
    for (const other of [new Error('plain'), {}, null, undefined, 'pilotlight.error', 7, () => {}])
      expect(PilotlightError.is(other)).toBe(false);
  });
});
