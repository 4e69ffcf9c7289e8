import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { inputShape, taskParameters } from '../../../../cli/src/predict/task-options.ts';
import { readInputs } from '../../../../cli/src/predict/texts.ts';

describe('taskParameters', () => {
  it('gives one label of a text where nothing is said, and every one for "all"', () => {
    expect(taskParameters('text-classification', {})).toEqual({ top_k: 1 });
    expect(taskParameters('text-classification', { 'top-k': 'all' })).toEqual({ top_k: null });
    expect(taskParameters('fill-mask', {})).toEqual({});
    expect(taskParameters('fill-mask', { 'top-k': '3' })).toEqual({ top_k: 3 });
  });

  it('takes any parameter as JSON, or else as a text', () => {
    const set = ['multi_label=true', 'hypothesis_template=It is {}.'];
    expect(taskParameters('zero-shot-classification', { labels: 'a, b', set })).toEqual({
      candidate_labels: 'a, b',
      multi_label: true,
      hypothesis_template: 'It is {}.',
    });
  });

  it.each([
    ['text-ranking', { context: 'x' }, '--context is for question-answering; the task here is text-ranking.'],
    ['zero-shot-classification', {}, 'Say what to choose from: --labels'],
    ['fill-mask', { set: ['top_k'] }, '--set takes NAME=VALUE, not top_k.'],
    ['fill-mask', { 'top-k': 'all' }, '--top-k takes a whole number'],
  ] as const)('refuses for %s %j', (task, options, message) => {
    expect(() => taskParameters(task, options)).toThrow(message);
  });
});

describe('inputShape', () => {
  it('puts the rest of an input to each text', () => {
    expect(inputShape('text-classification', { pair: 'b' }).each?.('a')).toEqual({
      text: 'a',
      text_pair: 'b',
    });
    expect(inputShape('question-answering', { context: 'c' }).each?.('q')).toEqual({
      question: 'q',
      context: 'c',
    });
    expect(inputShape('fill-mask', {}).each?.('a')).toBe('a');
  });

  it('makes one input of all texts that are ranked or compared', () => {
    expect(inputShape('text-ranking', { query: 'q' }).all?.(['a'])).toEqual({ query: 'q', texts: ['a'] });
    expect(inputShape('sentence-similarity', { source: 's' }).all?.(['a'])).toEqual({
      source_sentence: 's',
      sentences: ['a'],
    });
  });

  it.each(['question-answering', 'text-ranking', 'sentence-similarity'] as const)(
    'has none for %s of texts alone',
    (task) => {
      expect(inputShape(task, {})).toEqual({});
    },
  );
});

async function collect(inputs: AsyncIterable<unknown>): Promise<unknown[]> {
  const list: unknown[] = [];
  for await (const input of inputs) list.push(input);
  return list;
}

/** In two pieces, wherever that cuts a line or a character. */
function stdinOf(text: string): Readable {
  const bytes = Buffer.from(text);
  const middle = Math.floor(bytes.length / 2);
  return Readable.from([bytes.subarray(0, middle), bytes.subarray(middle)]);
}

describe('readInputs', () => {
  const read = (text: string, objects: boolean) =>
    collect(readInputs({ texts: [], file: undefined, stdin: stdinOf(text), objects }));

  it('reads a line of standard input as a text, or as JSON where inputs are objects', async () => {
    await expect(read('{"question":"a"}\n\nb', false)).resolves.toEqual(['{"question":"a"}', 'b']);
    await expect(read('{"query":"a","texts":["b"]}\n{"inputs":{"query":"c"}}', true)).resolves.toEqual([
      { query: 'a', texts: ['b'] },
      { query: 'c' },
    ]);
  });

  it('ends a line at LF and CRLF alone, and leaves a byte order mark out', async () => {
    await expect(read('\ufeffone\u2028line\r\nzwei\u0085é\n', false)).resolves.toEqual([
      'one\u2028line',
      'zwei\u0085é',
    ]);
    await expect(read('\ufeff{"inputs":"one\u2028line"}', true)).resolves.toEqual(['one\u2028line']);
  });

  it.each([
    ['{"query":', 'Line 2 of standard input is not JSON.'],
    ['[1]', 'Line 2 of standard input is not an object.'],
  ])('names the line %s', async (line, message) => {
    await expect(read(`{"query":"a"}\n${line}`, true)).rejects.toThrow(message);
  });
});
