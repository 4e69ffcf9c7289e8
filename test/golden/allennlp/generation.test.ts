import { beforeAll, describe, expect, it } from 'vitest';
import type {
  ArchiveModelDefinition,
  JsonObject,
} from '../../../layers/engine/src/allennlp/archive-model.ts';
import { bart } from '../../../layers/engine/src/allennlp/models/bart.ts';
import { composedSeq2seq } from '../../../layers/engine/src/allennlp/models/composed-seq2seq.ts';
import { simpleSeq2seq } from '../../../layers/engine/src/allennlp/models/simple-seq2seq.ts';
import { t5 } from '../../../layers/engine/src/allennlp/models/t5.ts';
import { hasArchives, readReference } from '../../fixtures/allennlp.ts';
import { openSharedModel, type SharedModel } from '../../fixtures/allennlp-model.ts';

const ARCHIVES: readonly (readonly [name: string, definition: ArchiveModelDefinition])[] = [
  ['made_bart', bart],
  ['made_t5', t5],
  ['made_seq2seq_reverse', simpleSeq2seq],
  ['made_seq2seq_digits_beam', simpleSeq2seq],
  ['made_seq2seq_digits_gru', simpleSeq2seq],
  ['made_seq2seq_digits_ngram_block', simpleSeq2seq],
  ['made_composed_lstm', composedSeq2seq],
  ['made_composed_transformer', composedSeq2seq],
];

describe.skipIf(!hasArchives).each(ARCHIVES)(
  '%s (skipped without ../shared/allennlp)',
  (name, definition) => {
    const { cases } = readReference(name);
    let shared: SharedModel;
    beforeAll(async () => {
      shared = await openSharedModel(name, definition);
    });

    it('answers what AllenNLP answers to its own tensors', async () => {
      for (const { model_inputs: inputs = {}, output } of cases) {
        expectAnswer(await shared.predictTensors(inputs), output);
      }
    });

    it('answers what AllenNLP answers, each input alone', async () => {
      for (const { input, output } of cases) {
        const [answer] = await shared.predict([input]);
        expectAnswer(answer, output);
      }
    });
  },
);

function expectAnswer(answer: JsonObject | undefined, output: Readonly<Record<string, unknown>>): void {
  expect(answer).toEqual(closeTo(output));
}

/** The same value, where every fraction may be 1e-4 off. */
function closeTo(value: unknown): unknown {
  if (typeof value === 'number' && !Number.isInteger(value)) return expect.closeTo(value, 4);
  if (Array.isArray(value)) return value.map(closeTo);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, closeTo(part)]));
}
