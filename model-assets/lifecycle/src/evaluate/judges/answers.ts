/** Answers to questions about a text: question-answering. */
import * as z from 'zod';
import { answerExactMatch, answerF1 } from '../metrics/squad.ts';
import { askEach, isPredictor, refusedAnswer, sizesOf } from './ask.ts';
import { type Judge, type JudgeOptions, parseRow } from './judge.ts';
import { meanOf } from './means.ts';

const oneAnswer = z.union([z.string(), z.object({ text: z.string() }).transform(({ text }) => text)]);
const SHAPE = 'must be a text, or a list of texts, or of {"text"}';
const answers = z.union(
  [
    z.array(oneAnswer),
    oneAnswer.transform((text) => [text]),
    z.object({ text: z.array(z.string()) }).transform(({ text }) => text),
  ],
  SHAPE,
);
const rowSchema = z
  .object({
    question: z.string().min(1, 'must not be empty'),
    context: z.string().min(1, 'must not be empty'),
    answer: z.string().optional(),
    answers: answers.optional(),
  })
  .refine(({ answer, answers: many }) => answer !== undefined || many !== undefined, {
    path: ['answers'],
    message: 'is missing',
  });

interface Question {
  readonly question: string;
  readonly context: string;
  readonly answers: readonly string[];
}
interface AnswerFacts {
  readonly exact: number;
  readonly f1: number;
}

const answerSchema = z.object({ answer: z.string(), score: z.number() });

export function answerJudge({ model, parameters }: JudgeOptions): Judge<Question, AnswerFacts> {
  let mayHaveNone = false;
  return {
    rows: '{"question", "context", "answers"}, or "answer" for one',
    countsTokens: isPredictor(model),

    read: (rows, file) =>
      rows.map((row) => {
        const { question, context, answer, answers: many } = parseRow(rowSchema, row, file);
        const gold = many ?? (answer === undefined ? [] : [answer]);
        mayHaveNone ||= gold.length === 0;
        return {
          line: row.line,
          shown: question,
          shownGold: gold.length === 0 ? '(no answer)' : gold.join(' | '),
          input: { question, context },
          gold: { question, context, answers: gold },
        };
      }),

    async answer(examples) {
      const asked = isPredictor(model)
        ? { ...(mayHaveNone && { handle_impossible_answer: true }), ...parameters }
        : parameters;
      const inputs = examples.map(({ input }) => input);
      const outcomes = await askEach(model, inputs, asked, 'question-answering');
      const sizes = await sizesOf(
        model,
        examples.map(({ gold: { question, context } }) => ({ text: question, text_pair: context })),
      );
      return examples.map(({ gold }, index) => {
        const outcome = outcomes[index];
        const size = sizes[index] ?? 0;
        if (outcome && 'error' in outcome) return refusedAnswer(outcome, size, { exact: 0, f1: 0 });
        const { answer, score } = answerSchema.parse(outcome?.result);
        const facts = { exact: answerExactMatch(answer, gold.answers), f1: answerF1(answer, gold.answers) };
        const isRight = facts.exact === 1;
        const badness = isRight ? 0 : score * (1 - facts.f1);
        const shown = answer === '' ? '(no answer)' : answer;
        return { shown, isRight, confidence: score, badness, size, facts };
      });
    },

    measure: (facts) =>
      new Map([
        ['exact-match', meanOf(facts, ({ exact }) => exact)],
        ['token-f1', meanOf(facts, ({ f1 }) => f1)],
      ]),
  };
}
