import { beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../layers/engine/src/runtimes/allennlp/archive-model.ts';
import { findArchiveModel } from '../../../layers/engine/src/runtimes/allennlp/models/index.ts';
import { transformerQa } from '../../../layers/engine/src/runtimes/allennlp/models/transformer-qa.ts';
import { hasArchives, type ReferenceCase, readReference } from '../../fixtures/allennlp.ts';
import { openSharedModel, type SharedModel } from '../../fixtures/allennlp-model.ts';
import { openSharedArchive } from '../../fixtures/allennlp-text.ts';
import { describeShared } from '../../fixtures/shared.ts';

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

describeShared({ folder: 'allennlp', isThere: hasArchives }, ARCHIVES, (name) => {
  const { cases, degenerate, model_type: type } = readReference(name);
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

describe.skipIf(!hasArchives)('texts that are too long (skipped without ../shared/allennlp)', () => {
  it.each([
    { name: 'made_tc_bert_cls_last', longest: 510 },
    { name: 'made_tc_roberta_cls', longest: 510 },
    { name: 'made_tc_gpt2', longest: 512 },
    { name: 'made_ntlm_gpt2_beam', longest: 508 },
  ])('are refused where $name has no positions for them', async ({ name, longest }) => {
    const { predict } = await openModel(name);
    await expect(predict([{ sentence: '! '.repeat(longest).trim() }])).resolves.toHaveLength(1);
    await expect(predict([{ sentence: '! '.repeat(longest + 1).trim() }])).rejects.toMatchObject({
      code: 'INPUT_TOO_LONG',
    });
  });

  it('are answered where a long text is folded', async () => {
    const { predict } = await openModel('made_tc_folding_lstm');
    await expect(predict([{ sentence: '! '.repeat(2000) }])).resolves.toHaveLength(1);
  });
});

describe.skipIf(!hasArchives)('a question (skipped without ../shared/allennlp)', () => {
  it('is refused where windows beside it would never reach the end of the passage', async () => {
    const archive = openSharedArchive('made_tqa_bert');
    // 30 tokens and 3 special ones leave 15 of 48, and the stride is 16.
    const reader = { ...archive.config.reader, max_query_length: 30 };
    const model = transformerQa.open({ ...archive, config: { ...archive.config, reader } });
    const question = '? '.repeat(40);
    const passage = '! '.repeat(16);
    await expect(model.read({ question, passage }, 'inputs')).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      details: { field: 'inputs.question' },
    });
    await expect(model.read({ question, passage: '! '.repeat(15) }, 'inputs')).resolves.toHaveLength(1);
  });
});

describe.skipIf(!hasArchives)('tasks of Hugging Face (skipped without ../shared/allennlp)', () => {
  async function perform(name: string, input: unknown, parameters = {}): Promise<unknown> {
    const { model, predict } = await openModel(name);
    const [shape] = model.tasks ?? [];
    const [answer = {}] = await predict([shape?.toPredictor(input, 'inputs')]);
    return shape?.fromAnswer(answer, input, parameters);
  }

  it('answer a question with the place in the context, in the unit that is asked for', async () => {
    const context = '😀 Anna lives in Paris. Joel Smith works for Globex Corporation.';
    const input = { question: 'Where does Anna live?', context };
    const found = { answer: '😀 Anna lives in Paris', score: expect.any(Number) };
    expect(await perform('made_tqa_roberta', input)).toEqual({ ...found, start: 0, end: 22 });
    expect(await perform('made_tqa_roberta', input, { offset_unit: 'codepoint' })).toEqual({
      ...found,
      start: 0,
      end: 21,
    });
  });

  it('refuse a parameter that they do not know', async () => {
    const input = { question: 'Where does Anna live?', context: 'Anna lives in Paris.' };
    await expect(perform('made_tqa_bert', input, { max_answer_len: 3 })).rejects.toMatchObject({
      code: 'INVALID_PARAMETER',
    });
  });

  it('fill one mask with a list of words, and several with a list for each', async () => {
    expect(await perform('made_mlm_bert', 'play some [MASK] music', { top_k: 2 })).toEqual([
      { score: expect.closeTo(0.026, 4), token: 103, token_str: 'in', sequence: 'play some in music' },
      {
        score: expect.closeTo(0.02148, 4),
        token: 556,
        token_str: 'schedule',
        sequence: 'play some schedule music',
      },
    ]);
    expect(await perform('made_mlm_bert', 'a [MASK] [MASK]', { top_k: 1 })).toMatchObject([
      [{ token_str: 'hired', sequence: 'a hired [MASK]' }],
      [{ token_str: 'all', sequence: 'a [MASK] all' }],
    ]);
  });
});

function openModel(name: string): Promise<SharedModel> {
  const { model_type: type } = readReference(name);
  const definition = findArchiveModel(type);
  if (!definition) throw new RangeError(`There is no model ${type}.`);
  return openSharedModel(name, definition);
}

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
