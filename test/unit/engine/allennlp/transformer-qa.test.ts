import { describe, expect, it } from 'vitest';
import {
  charactersOf,
  contextTokens,
} from '../../../../layers/engine/src/runtimes/allennlp/models/transformer-qa/context-tokens.ts';
import { windowStarts } from '../../../../layers/engine/src/runtimes/allennlp/models/transformer-qa/windows.ts';
import { matchTokens, WORD } from '../../../../layers/engine/src/runtimes/allennlp/text/python-text.ts';
import { plainTokenizer } from '../../../../layers/engine/src/runtimes/allennlp/text/tokenizers/tokenizer.ts';

describe('windows over a context', () => {
  it('overlap by the stride, and the last one ends with the context', () => {
    expect(windowStarts(10, { room: 10, stride: 4 })).toEqual([0]);
    expect(windowStarts(11, { room: 10, stride: 4 })).toEqual([0, 6]);
    expect(windowStarts(23, { room: 10, stride: 4 })).toEqual([0, 6, 12, 18]);
    expect(windowStarts(6, { room: 3, stride: 0 })).toEqual([0, 3]);
  });

  it('are none where they would never move on', () => {
    expect(windowStarts(11, { room: 4, stride: 4 })).toBeUndefined();
    expect(windowStarts(11, { room: 4, stride: 5 })).toBeUndefined();
  });

  it('are one where the context fits, whatever the stride', () => {
    expect(windowStarts(4, { room: 4, stride: 24 })).toEqual([0]);
  });
});

describe('the tokens of a context', () => {
  const tokenizer = plainTokenizer('words', (text) => matchTokens(text, WORD));

  it('have their places in the whole context, in code points', async () => {
    const tokens = await contextTokens('😀 two\n three', tokenizer);
    expect(tokens.map(({ text, idx }) => [text, idx])).toEqual([
      ['😀', 0],
      ['two', 2],
      ['three', 7],
    ]);
  });

  it('are asked for with a word before them where they follow white space', async () => {
    const asked: string[] = [];
    const listening = plainTokenizer('listening', (text) => {
      asked.push(text);
      return [{ text: 'a' }];
    });
    await contextTokens('one two', listening);
    expect(asked).toEqual(['one', 'a two']);
  });
});

describe('the characters of a span', () => {
  const context = 'on unbelievable days';

  it('end with the text of the last token without its mark', () => {
    const tokens = [
      { text: 'on', idx: 0 },
      { text: 'un', idx: 3 },
      { text: '##believable', idx: 5 },
      { text: 'Ġdays', idx: 16 },
    ];
    expect(charactersOf(tokens, [1, 2], context)).toEqual([3, 15]);
    expect(charactersOf(tokens, [3, 3], context)).toEqual([16, 20]);
  });

  it('are those of the nearest tokens where the span has tokens without a place', () => {
    const tokens = [{ text: 'on', idx: 0 }, { text: '' }, { text: 'days', idx: 16 }];
    expect(charactersOf(tokens, [1, 1], context)).toEqual([0, 20]);
    expect(charactersOf([{ text: '' }, { text: '' }], [0, 1], context)).toEqual([0, 20]);
  });
});
