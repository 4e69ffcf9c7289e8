import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { openTokenizer, packagedTokenizer } from '../fixtures/open-tokenizer.ts';
import { spanPredictor } from '../fixtures/span-predictor.ts';
import { byteLevelBpe } from '../fixtures/tokenizers.ts';

const family = z.enum(['BERT', 'RoBERTa']);
const parameters = z.record(z.string(), z.unknown());
const place = { score: z.number(), start: z.number(), end: z.number() };
const entity = z.object({ ...place, entity: z.string(), index: z.number() });
const group = z.object({ ...place, entity_group: z.string() });
const answer = z.object({ ...place, answer: z.string() });
const referenceCase = z.discriminatedUnion('task', [
  z.object({
    ...{ task: z.literal('token-classification'), family, parameters },
    ...{ labels: z.array(z.string()), text: z.string(), expected: z.array(z.union([entity, group])) },
  }),
  z.object({
    ...{ task: z.literal('question-answering'), family, parameters, question: z.string() },
    ...{ paragraph: z.string(), times: z.number() },
    expected: z.array(answer),
  }),
]);
const cases = readFileSync(new URL('transformers/spans.jsonl', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => referenceCase.parse(JSON.parse(line)));

const tokenizers = { BERT: await packagedTokenizer(), RoBERTa: await openTokenizer(byteLevelBpe(800)) };
const offset_unit = 'codepoint';
const near = (score: number) => expect.closeTo(score, 4);

/** The spans of transformers end in white space where a token of nothing else ends them. */
function withoutSpace(text: string, { start, end }: { start: number; end: number }) {
  const characters = Array.from(text).slice(start, end);
  return { start, end: start + Array.from(characters.join('').trimEnd()).length };
}

describe('token-classification answers as the pipeline of transformers', () => {
  const entities = cases.filter((one) => one.task === 'token-classification');
  it.each(entities)('$family, $labels, $parameters: $text', async (one) => {
    const predictor = spanPredictor({
      task: one.task,
      labels: one.labels,
      tokenizer: tokenizers[one.family],
    });
    const { results } = await predictor.predict(one.text, { ...one.parameters, offset_unit });
    expect(results).toEqual([
      one.expected.map((span) =>
        expect.objectContaining({ ...span, score: near(span.score), ...withoutSpace(one.text, span) }),
      ),
    ]);
  });
});

describe('question-answering answers as the pipeline of transformers', () => {
  const answers = cases.filter((one) => one.task === 'question-answering');
  it.each(answers)('$family, $parameters, $times paragraphs: $question', async (one) => {
    const predictor = spanPredictor({ task: one.task, tokenizer: tokenizers[one.family] });
    const input = { question: one.question, context: one.paragraph.repeat(one.times) };
    const settings = { top_k: one.expected.length, ...one.parameters, offset_unit };
    const { results } = await predictor.predict(input, settings);
    // Of an answer that is in several paragraphs, transformers tells the first place of any, and the engine the best one.
    const compared = (found: z.infer<typeof answer>) =>
      one.times === 1 ? found : { score: found.score, answer: found.answer.trim().toLowerCase() };
    const expected = one.expected.map((found) => ({ ...compared(found), score: near(found.score) }));
    expect(results.map((found) => z.array(answer).parse(found).map(compared))).toEqual([expected]);
  });
});
