import { beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import type {
  ArchiveModelDefinition,
  JsonObject,
} from '../../../layers/engine/src/runtimes/allennlp/archive-model.ts';
import { bart } from '../../../layers/engine/src/runtimes/allennlp/models/bart.ts';
import { composedSeq2seq } from '../../../layers/engine/src/runtimes/allennlp/models/composed-seq2seq.ts';
import { copynetSeq2seq } from '../../../layers/engine/src/runtimes/allennlp/models/copynet-seq2seq.ts';
import { simpleSeq2seq } from '../../../layers/engine/src/runtimes/allennlp/models/simple-seq2seq.ts';
import { t5 } from '../../../layers/engine/src/runtimes/allennlp/models/t5.ts';
import { hasArchives, type ReferenceCase, readReference } from '../../fixtures/allennlp.ts';
import { openSharedModel, type SharedModel } from '../../fixtures/allennlp-model.ts';

const ARCHIVES: readonly (readonly [name: string, definition: ArchiveModelDefinition])[] = [
  ['seq2seq_simple', simpleSeq2seq],
  ['made_seq2seq_reverse', simpleSeq2seq],
  ['made_seq2seq_digits_beam', simpleSeq2seq],
  ['made_seq2seq_digits_gru', simpleSeq2seq],
  ['made_seq2seq_digits_ngram_block', simpleSeq2seq],
  ['seq2seq_composed', composedSeq2seq],
  ['made_composed_lstm', composedSeq2seq],
  ['made_composed_transformer', composedSeq2seq],
  ['copynet', copynetSeq2seq],
  ['made_copynet', copynetSeq2seq],
  ['made_bart', bart],
  ['made_t5', t5],
];

describe.skipIf(!hasArchives).each(ARCHIVES)(
  '%s (skipped without ../shared/allennlp)',
  (name, definition) => {
    let shared: SharedModel;
    beforeAll(async () => {
      shared = await openSharedModel(name, definition);
    });

    it('answers what AllenNLP answers', async () => {
      for (const each of readReference(name).cases) {
        const [answer] = await shared.predict([inputOf(each)]);
        expect(answer).toEqual(closeTo(each.output));
      }
    });

    it('answers to an empty source what AllenNLP answers, or that it has no tokens', async () => {
      for (const { input, output, error } of readReference(name).degenerate) {
        const answering = shared.predict([input]);
        if (error === undefined) expect((await answering)[0]).toEqual(closeTo(output));
        else await expect(answering).rejects.toMatchObject({ code: 'INVALID_INPUT' });
      }
    });

    it('gives every input of a batch what it has alone', async () => {
      const inputs = readReference(name).cases.map(inputOf);
      const alone = await Promise.all(inputs.map(async (input) => (await shared.predict([input]))[0]));
      expect(await shared.predict([...inputs, ...inputs])).toEqual([...alone, ...alone].map(closeTo));
    });

    it('gives its best text as text2text-generation does', async () => {
      const [task] = shared.model.tasks ?? [];
      const [{ input, output } = { input: {}, output: {} }] = readReference(name).cases;
      expect(task?.toPredictor(input.source, 'inputs')).toEqual({ source: input.source });
      const found = z.object({ generated_text: z.string() }).parse(task?.fromAnswer(toJson(output), '', {}));
      expect(found.generated_text).toBe(bestText(output));
      expect(() => task?.fromAnswer(toJson(output), '', { num_beams: 2 })).toThrow(/num_beams/);
    });
  },
);

const word = z.object({ text: z.string(), pos_: z.string(), tag_: z.string(), dep_: z.string() });
const withWords = z.object({ source_tokens: z.array(z.unknown()) });

/** The words of the case where the archive reads what spaCy says of them, without the symbols around them; else its text. */
function inputOf({ input, tokens }: ReferenceCase): unknown {
  const words = withWords
    .safeParse(tokens)
    .data?.source_tokens.flatMap((token) => word.safeParse(token).data ?? []);
  if (!words || words.length === 0) return input;
  return { tokens: words.map(({ text, pos_: pos, tag_: tag, dep_: dep }) => ({ text, pos, tag, dep })) };
}

/** The tokens of the first beam, or of the only one. */
const tokensOrBeams = z.union([
  z.array(z.string()),
  z.array(z.array(z.string())).transform(([best]) => best ?? []),
]);

function bestText({ predicted_text, predicted_tokens }: Readonly<Record<string, unknown>>): string {
  if (typeof predicted_text === 'string') return predicted_text;
  return tokensOrBeams.parse(predicted_tokens).join(' ');
}

function toJson(output: Readonly<Record<string, unknown>>): JsonObject {
  return JSON.parse(JSON.stringify(output));
}

/** The same value, where every fraction may be 1e-4 off. */
function closeTo(value: unknown): unknown {
  if (typeof value === 'number' && !Number.isInteger(value)) return expect.closeTo(value, 4);
  if (Array.isArray(value)) return value.map(closeTo);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, closeTo(part)]));
}
