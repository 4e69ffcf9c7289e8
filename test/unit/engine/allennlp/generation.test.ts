import { describe, expect, it } from 'vitest';
import type { Graphs } from '../../../../layers/engine/src/runtimes/allennlp/archive-model.ts';
import { openSourceReader } from '../../../../layers/engine/src/runtimes/allennlp/models/generation/source-reader.ts';
import { simpleSeq2seq } from '../../../../layers/engine/src/runtimes/allennlp/models/simple-seq2seq.ts';
import {
  openTextArchive,
  type Params,
} from '../../../../layers/engine/src/runtimes/allennlp/text/text-archive.ts';

const NAMES = { source_tokenizer: 'whitespace', source_token_indexers: { tokens: {} } };

function openArchive(reader: Params, { predictor = 'seq2seq', model = {} as Params } = {}) {
  return openTextArchive({
    config: { predictor, model, reader: { type: 'seq2seq', ...NAMES, ...reader } },
    vocabulary: { 'tokens.txt': '@@UNKNOWN@@\n@start@\n@end@\nred\ngreen\nsummarize:\n' },
  });
}

async function wordsOf(reader: Params, input: unknown): Promise<string[]> {
  const { tokens } = await openSourceReader(openArchive(reader)).read(input, 'inputs');
  return tokens.map(({ text }) => text);
}

describe('the source of a model that generates', () => {
  it('has symbols around it, and is cut before they are there', async () => {
    const source = { source: 'red green red' };
    expect(await wordsOf({}, source)).toEqual(['@start@', 'red', 'green', 'red', '@end@']);
    expect(await wordsOf({ source_max_tokens: 2, source_add_end_token: false }, source)).toEqual([
      '@start@',
      'red',
      'green',
    ]);
  });

  it('has the prefix of cnn_dm before it', async () => {
    const reader = { type: 'cnn_dm', source_prefix: 'summarize: ', source_max_tokens: 2 };
    expect(await wordsOf(reader, { source: 'red green' })).toEqual(['summarize:', 'red']);
  });

  it('is refused where it has no token at all', async () => {
    const reader = { source_add_start_token: false, source_add_end_token: false };
    await expect(wordsOf(reader, { source: '  ' })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      details: { field: 'inputs.source' },
    });
  });

  it('is refused without the features that the model reads of every word', async () => {
    const reader = {
      source_tokenizer: 'spacy',
      source_token_indexers: {
        tokens: {},
        pos: { type: 'single_id', feature_name: 'pos_', default_value: 'NONE', namespace: 'pos' },
      },
    };
    expect(await wordsOf(reader, { tokens: [{ text: 'red', pos: 'ADJ' }] })).toHaveLength(3);
    await expect(wordsOf(reader, { source: 'red' })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining('pos'),
    });
  });

  it.each([
    { source_lowercase: true },
    { type: 'my_reader' },
    { type: 'copynet_seq2seq', target_namespace: 'tokens', source_max_tokens: 3 },
  ])('is not read by %j, which is not supported', (reader) => {
    expect(() => openSourceReader(openArchive(reader))).toThrow(/dataset.reader/);
  });

  it('is not read for another predictor', () => {
    expect(() => openSourceReader(openArchive({}, { predictor: 'my-predictor' }))).toThrow(/my-predictor/);
  });
});

describe('simple_seq2seq', () => {
  it('runs the encoder once for a batch, and all beams in one step', async () => {
    const runs: (readonly number[])[] = [];
    const graphs: Graphs = {
      async run(graph, feeds) {
        runs.push(feeds[graph === 'step' ? 'last' : 'source_tokens.tokens.tokens']?.dims ?? []);
        const [inputs = 0, beams = 0] = feeds.last?.dims ?? [];
        const dims = [inputs, beams, 2];
        // Every beam ends, or goes on with green.
        const classes = Array.from({ length: inputs * beams }, () => [3, 5]).flat();
        const scores = classes.map((index) => (index === 3 ? -0.5 : -1));
        return {
          scores: { dims, data: Float32Array.from(scores) },
          classes: { dims, data: Float32Array.from(classes) },
        };
      },
    };
    const beam_search = { beam_size: 2, max_steps: 3 };
    const model = simpleSeq2seq.open(openArchive({}, { model: { beam_search } }));
    const sources = [{ source: 'red' }, { source: 'red green' }];
    const instances = (await Promise.all(sources.map((source) => model.read(source, 'inputs')))).flat();
    const outputs = await model.infer(instances, graphs);
    expect(runs).toEqual([
      [2, 4],
      [2, 1],
      [2, 2],
    ]);
    const [first] = instances;
    expect(first && model.answer(sources[0], [first], outputs.slice(0, 1))).toEqual({
      predictions: [
        [3, 3],
        [5, 3],
      ],
      class_log_probabilities: [-0.5, -1.5],
      predicted_tokens: [[], ['green']],
    });
  });
});
