import { beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../layers/engine/src/allennlp/archive-model.ts';
import { findArchiveModel } from '../../../layers/engine/src/allennlp/models/index.ts';
import { hasArchives, type ReferenceCase, readReference } from '../../fixtures/allennlp.ts';
import { openSharedModel, type SharedModel } from '../../fixtures/allennlp-model.ts';

/** Every archive with a transformer in it, and those of models that mostly have one. */
const ARCHIVES = [
  'made_srl_bert',
  'made_tqa_bert',
  'made_tqa_roberta',
  'made_tmc_csqa_bert',
  'made_tmc_piqa_roberta',
  'made_mlm_bert',
  'masked_language_model',
  'made_ntlm_gpt2',
  'made_ntlm_gpt2_beam',
  'next_token_lm',
  'made_multitask',
  'made_tc_bert_cls_last',
  'made_tc_bert_pooler',
  'made_tc_roberta_cls',
  'made_tc_electra_scalar_mix',
  'made_tc_gpt2',
  'made_tc_folding_lstm',
  'made_tc_mismatched_distilbert',
  'made_sst_roberta',
  'made_snli_bert',
  'made_tagger_roberta_mismatched',
  'made_crf_bert_folding',
  'made_crf_bert_mismatched_lstm',
  'made_crf_roberta_prefix_space',
  'made_crf_bart_encoder',
];

describe.skipIf(!hasArchives).each(ARCHIVES)('%s (skipped without ../shared/allennlp)', (name) => {
  const reference = hasArchives ? readReference(name) : undefined;
  const { cases = [], degenerate = [], model_type: type = '' } = reference ?? {};
  let shared: SharedModel;
  beforeAll(async () => {
    const definition = findArchiveModel(type);
    if (!definition) throw new RangeError(`There is no model ${type}.`);
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
    for (const each of degenerate) {
      const { error, output } = each;
      const predicted = shared.predict([inputOf(each)]);
      if (output) expectAnswer((await predicted)[0], output);
      else await expect(predicted, error).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    }
  });
});

/** The words of spaCy, where the case has some, with its tags. */
function inputOf({
  input,
  words,
}: Pick<ReferenceCase, 'input' | 'words'>): Readonly<Record<string, unknown>> {
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
