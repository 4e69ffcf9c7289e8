/** The token in the place of a mask: fill-mask. */
import * as z from 'zod';
import { reciprocalRankAt } from '../metrics/ranking.ts';
import { askEach, refusedAnswer, sizesOf } from './ask.ts';
import { type Judge, type JudgeOptions, parseRow } from './judge.ts';
import { meanOf } from './means.ts';

const RANKS = 10;
const rowSchema = z.object({ text: z.string(), label: z.string().min(1, 'must not be empty') });
const filled = z.array(z.object({ token_str: z.string(), score: z.number() })).min(1);

interface MaskFacts {
  readonly first: number;
  readonly reciprocal: number;
}

export function maskJudge({ model, parameters }: JudgeOptions): Judge<string, MaskFacts> {
  return {
    rows: '{"text", "label"}: the text has one mask, and the label is the token in its place',
    countsTokens: true,

    read: (rows, file) =>
      rows.map((row) => {
        const { text, label } = parseRow(rowSchema, row, file);
        return { line: row.line, shown: text, shownGold: label, input: text, gold: label.trim() };
      }),

    async answer(examples) {
      const inputs = examples.map(({ shown }) => shown);
      const outcomes = await askEach(model, inputs, { top_k: RANKS, truncate: true, ...parameters });
      const sizes = await sizesOf(model, inputs);
      return examples.map(({ gold }, index) => {
        const outcome = outcomes[index];
        const size = sizes[index] ?? 0;
        if (outcome && 'error' in outcome) return refusedAnswer(outcome, size, { first: 0, reciprocal: 0 });
        const tokens = filled.parse(outcome?.result);
        const gains = tokens.map(({ token_str }) => (token_str.trim() === gold ? 1 : 0));
        const isRight = gains[0] === 1;
        const confidence = tokens[0]?.score ?? 0;
        const facts = { first: isRight ? 1 : 0, reciprocal: reciprocalRankAt(gains, RANKS) };
        const shown = tokens[0]?.token_str.trim() ?? '';
        return { shown, isRight, confidence, badness: isRight ? 0 : confidence, size, facts };
      });
    },

    measure: (facts) =>
      new Map([
        ['accuracy', meanOf(facts, ({ first }) => first)],
        [`mrr@${RANKS}`, meanOf(facts, ({ reciprocal }) => reciprocal)],
      ]),
  };
}
