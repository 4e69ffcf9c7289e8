/** A number for a pair of texts: how alike they are by their embeddings, or by a model of one label. */
import * as z from 'zod';
import { pearson, spearman } from '../metrics/correlation.ts';
import { askEach, refusedAnswer, sizesOf } from './ask.ts';
import { type Judge, type JudgeOptions, parseRow } from './judge.ts';

const rowSchema = z
  .object({
    text: z.string(),
    pair: z.string().optional(),
    text_pair: z.string().optional(),
    score: z.coerce.number('must be a number'),
  })
  .refine(({ pair, text_pair }) => (pair ?? text_pair) !== undefined, {
    path: ['pair'],
    message: 'is missing',
  });

interface ScoreFacts {
  readonly gold: number;
  readonly answer: number;
}
interface Pair {
  readonly text: string;
  readonly text_pair: string;
  readonly score: number;
}

const cosines = z.tuple([z.number()]);
const labelScore = z.tuple([z.object({ score: z.number() })]);

export interface ScoreJudgeOptions extends JudgeOptions {
  readonly task: 'sentence-similarity' | 'text-classification';
}

export function scoreJudge({ model, task, parameters }: ScoreJudgeOptions): Judge<Pair, ScoreFacts> {
  const isSimilarity = task === 'sentence-similarity';
  return {
    rows: '{"text", "pair", "score"}',
    countsTokens: true,

    read: (rows, file) =>
      rows.map((row) => {
        const { text, pair, text_pair = pair ?? '', score } = parseRow(rowSchema, row, file);
        return {
          line: row.line,
          shown: `${text} | ${text_pair}`,
          shownGold: String(score),
          input: isSimilarity ? { source_sentence: text, sentences: [text_pair] } : { text, text_pair },
          gold: { text, text_pair, score },
        };
      }),

    async answer(examples) {
      const inputs = examples.map(({ input }) => input);
      const outcomes = await askEach(model, inputs, { truncate: true, ...parameters }, task);
      const sizes = await sizesOf(
        model,
        examples.map(({ gold: { text, text_pair } }) => ({ text, text_pair })),
      );
      return examples.map(({ gold }, index) => {
        const outcome = outcomes[index];
        const size = sizes[index] ?? 0;
        if (outcome && 'error' in outcome) {
          const { isRight: _, ...refused } = refusedAnswer(outcome, size, { gold: gold.score, answer: 0 });
          return refused;
        }
        const answer = isSimilarity
          ? cosines.parse(outcome?.result)[0]
          : labelScore.parse(outcome?.result)[0].score;
        return { shown: answer.toFixed(2), badness: 0, size, facts: { gold: gold.score, answer } };
      });
    },

    measure(facts) {
      const gold = facts.map((one) => one.gold);
      const answers = facts.map(({ answer }) => answer);
      return new Map([
        ['spearman', spearman(gold, answers)],
        ['pearson', pearson(gold, answers)],
      ]);
    },
  };
}
