import { beforeAll, expect, it } from 'vitest';
import * as z from 'zod/mini';
import type { JsonObject } from '../../../layers/engine/src/runtimes/allennlp/archive-model.ts';
import { findArchiveModel } from '../../../layers/engine/src/runtimes/allennlp/models/index.ts';
import { hasArchives, listArchives, type ReferenceCase, readReference } from '../../fixtures/allennlp.ts';
import { openSharedModel, type SharedModel } from '../../fixtures/allennlp-model.ts';
import { describeShared } from '../../fixtures/shared.ts';

const TYPES = [
  'basic_classifier',
  'from_archive',
  'simple_tagger',
  'crf_tagger',
  'decomposable_attention',
  'esim',
  'srl',
  'biaffine_parser',
  'constituency_parser',
];
/** Keys that AllenNLP computes against its own decoding, and which mean nothing. */
const LOSSES = ['arc_loss', 'tag_loss', 'loss'];
/** What a tokenizer puts around the words of spaCy. */
const MARKS = ['@start@', '@end@'];
const NAMES = listArchives().filter((name) => TYPES.includes(readReference(name).model_type));

interface Word {
  readonly text: string;
  readonly pos_?: string;
  readonly tag_?: string;
}

/** The input with the words that spaCy, or what stood in for it, gave. */
function withWords({ input, words, tokens, output }: Partial<ReferenceCase>) {
  const fields = words ? { tokens: words } : ((tokens ?? {}) as Record<string, readonly Word[]>);
  const given = 'words' in fields ? fields.words : fields.tokens;
  if (!given || !input || !('sentence' in input)) return input;
  const tags = z.array(z.string()).safeParse(output?.pos).data ?? [];
  return {
    tokens: given
      .filter(({ text }) => !MARKS.includes(text))
      .map(({ text, pos_, tag_ }, i) => ({ text, pos: pos_ ?? tags[i], tag: tag_ ?? tags[i] })),
  };
}

describeShared({ folder: 'allennlp', isThere: hasArchives }, NAMES, (name) => {
  const { cases, degenerate, tokenization, model_type: type } = readReference(name);
  const needsWords = tokenization === 'spacy' || ['srl', 'biaffine_parser'].includes(type);
  const toInput = (each: Partial<ReferenceCase>) => (needsWords ? withWords(each) : each.input);
  let shared: SharedModel;
  beforeAll(async () => {
    // The one archive that embeds another has a classifier in it.
    const definition = findArchiveModel(type === 'from_archive' ? 'basic_classifier' : type);
    if (!definition) throw new Error(type);
    shared = await openSharedModel(name, definition);
  });

  it('answers what AllenNLP answers, each input alone', async () => {
    for (const each of cases) {
      const [answer] = await shared.predict([toInput(each)]);
      expectAnswer(answer, each.output);
    }
  });

  it('answers the same to all inputs in one batch', async () => {
    const answers = await shared.predict(cases.map(toInput));
    for (const [index, { output }] of cases.entries()) expectAnswer(answers[index], output);
  });

  it('refuses what AllenNLP raises on, and answers the rest', async () => {
    for (const each of degenerate) {
      const answer = shared.predict([toInput(each)]);
      if (each.output) expectAnswer((await answer)[0], each.output);
      else await expect(answer).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    }
  });
});

function expectAnswer(answer: JsonObject | undefined, output: Readonly<Record<string, unknown>>): void {
  const expected = Object.entries(output).filter(([key]) => !LOSSES.includes(key));
  expect(answer).toEqual(closeTo(Object.fromEntries(expected)));
}

/** The same value, where every fraction may be 1e-4 off. */
function closeTo(value: unknown): unknown {
  if (typeof value === 'number' && !Number.isInteger(value)) return expect.closeTo(value, 4);
  if (Array.isArray(value)) return value.map(closeTo);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, closeTo(part)]));
}
