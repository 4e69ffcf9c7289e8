import { beforeAll, describe, expect, it } from 'vitest';
import type {
  ArchiveModelDefinition,
  JsonObject,
} from '../../../layers/engine/src/allennlp/archive-model.ts';
import { maskedLanguageModel } from '../../../layers/engine/src/allennlp/models/masked-language-model.ts';
import { multitask } from '../../../layers/engine/src/allennlp/models/multitask.ts';
import { nextTokenLm } from '../../../layers/engine/src/allennlp/models/next-token-lm.ts';
import { srlBert } from '../../../layers/engine/src/allennlp/models/srl-bert.ts';
import { transformerMc } from '../../../layers/engine/src/allennlp/models/transformer-mc.ts';
import { transformerQa } from '../../../layers/engine/src/allennlp/models/transformer-qa.ts';
import { hasArchives, type ReferenceCase, readReference } from '../../fixtures/allennlp.ts';
import { openSharedModel, type SharedModel } from '../../fixtures/allennlp-model.ts';

const ARCHIVES: readonly (readonly [name: string, definition: ArchiveModelDefinition])[] = [
  ['made_srl_bert', srlBert],
  ['made_tqa_bert', transformerQa],
  ['made_tqa_roberta', transformerQa],
  ['made_tmc_csqa_bert', transformerMc],
  ['made_tmc_piqa_roberta', transformerMc],
  ['made_mlm_bert', maskedLanguageModel],
  ['masked_language_model', maskedLanguageModel],
  ['made_ntlm_gpt2', nextTokenLm],
  ['made_ntlm_gpt2_beam', nextTokenLm],
  ['next_token_lm', nextTokenLm],
  ['made_multitask', multitask],
];

describe.skipIf(!hasArchives).each(ARCHIVES)(
  '%s (skipped without ../shared/allennlp)',
  (name, definition) => {
    const { cases, degenerate } = hasArchives ? readReference(name) : { cases: [], degenerate: [] };
    let shared: SharedModel;
    beforeAll(async () => {
      shared = await openSharedModel(name, definition);
    });

    it('answers what AllenNLP answers, each input alone', async () => {
      for (const each of cases) {
        const [answer] = await shared.predict([inputOf(each)]);
        expectAnswer(answer, each.output);
      }
    });

    it('answers the same where all inputs are one batch', async () => {
      const answers = await shared.predict(cases.map(inputOf));
      for (const [index, { output }] of cases.entries()) expectAnswer(answers[index], output);
    });

    it('answers what AllenNLP answers to inputs without text, and refuses what it refuses', async () => {
      for (const { input, error, output } of degenerate) {
        const predicted = shared.predict([input]);
        if (output) expectAnswer((await predicted)[0], output);
        else await expect(predicted, error).rejects.toMatchObject({ code: 'INVALID_INPUT' });
      }
    });
  },
);

/** The words of spaCy, where the case has some, with its tags. */
function inputOf({ input, words }: ReferenceCase): Readonly<Record<string, unknown>> {
  if (!words) return input;
  return { tokens: words.map(({ text, pos_: pos, tag_: tag }) => ({ text, pos, tag })) };
}

function expectAnswer(answer: JsonObject | undefined, output: Readonly<Record<string, unknown>>): void {
  expect({ ...answer, ...('id' in output && { id: output.id }) }).toEqual(closeTo(output));
}

/** The same value, where every fraction may be 1e-4 off. */
function closeTo(value: unknown): unknown {
  if (typeof value === 'number' && !Number.isInteger(value)) return expect.closeTo(value, 4);
  if (Array.isArray(value)) return value.map(closeTo);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, closeTo(part)]));
}
