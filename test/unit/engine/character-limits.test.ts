import { describe, expect, it } from 'vitest';
import { CharacterCount, refuseMoreCharacters } from '../../../layers/engine/src/predict/character-limits.ts';

const ofLength = (length: number) => 'x'.repeat(length);

describe('an input', () => {
  it('may have eight characters for each of its tokens, its second text among them, and no more', () => {
    const count = new CharacterCount({ maxInputTokens: 5 });
    expect(() => count.add({ text: ofLength(30), pair: ofLength(10) }, 0)).not.toThrow();
    expect(() => count.add({ text: ofLength(30), pair: ofLength(11) }, 3)).toThrow(
      expect.objectContaining({
        code: 'INPUT_TOO_LONG',
        message: expect.stringMatching(/^Input 3 has 41 characters; .* at most 40 of one input\. Shorten it/),
        details: { field: 'inputs', index: 3, characters: 41, maxCharacters: 40 },
      }),
    );
  });

  it('that is too long is named by its place among the parts of an input, where it is one of them', () => {
    const count = new CharacterCount({ maxInputTokens: 1 });
    const part = { field: 'texts', item: 2 };
    expect(() => count.addCharacters(9, 0, part)).toThrow(
      expect.objectContaining({ details: expect.objectContaining({ item: 2 }) }),
    );
    expect(() => count.addCharacters(9, 0)).toThrow(
      expect.objectContaining({ details: expect.not.objectContaining({ item: expect.anything() }) }),
    );
  });
});

describe('a call', () => {
  it('may have sixteen characters for each of its tokens, and a text counts as sixteen at least', () => {
    const count = new CharacterCount({ maxCallTokens: 4 });
    expect(() => count.addCharacters(0, 0)).not.toThrow();
    expect(() => count.addCharacters(48, 1)).not.toThrow();
    expect(() => count.addCharacters(1, 2)).toThrow(
      expect.objectContaining({
        code: 'TOO_MANY_TOKENS',
        message: expect.stringMatching(/would read 80 characters or more in one call; at most 64 are taken/),
        details: { field: 'inputs', characters: 80, maxCharacters: 64 },
      }),
    );
  });

  it('is refused by all of its requests together, and by none where nothing is limited', () => {
    const requests = Array.from({ length: 3 }, () => ({ text: ofLength(100) }));
    expect(() => refuseMoreCharacters(requests, {})).not.toThrow();
    expect(() => refuseMoreCharacters(requests, { maxCallTokens: 18 })).toThrow(
      expect.objectContaining({
        code: 'TOO_MANY_TOKENS',
        details: expect.objectContaining({ characters: 300 }),
      }),
    );
  });
});
