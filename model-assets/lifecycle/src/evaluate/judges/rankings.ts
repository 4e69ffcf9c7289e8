/** Texts in the order of how well they fit a query: text-ranking, or the cosines of embeddings. */
import type { TaskName } from '@pilotlight/engine';
import * as z from 'zod';
import { type Row, refuseRow } from '../dataset/read-rows.ts';
import { ndcgAt, reciprocalRankAt } from '../metrics/ranking.ts';
import { askEach, refusedAnswer, sizesOf } from './ask.ts';
import { type Example, type Judge, type JudgeOptions, parseRow } from './judge.ts';
import { meanOf } from './means.ts';

/** Ranks that count. */
const RANKS = 10;

const relevance = z.coerce.number('must be a number').nonnegative('must not be negative');
const queryRow = z
  .object({
    query: z.string(),
    texts: z.array(z.string()).min(1, 'must have a text'),
    relevance: z.array(relevance),
  })
  .refine(({ texts, relevance: gains }) => texts.length === gains.length, {
    path: ['relevance'],
    message: 'must be as many as the texts',
  });
const pairRow = z.object({ query: z.string(), text: z.string(), relevance });

interface Query {
  readonly query: string;
  readonly texts: readonly string[];
  readonly relevance: readonly number[];
}
interface RankFacts {
  readonly ndcg: number;
  readonly reciprocal: number;
}

const ranked = z.array(z.object({ index: z.int() }));
const cosines = z.array(z.number());

export interface RankingJudgeOptions extends JudgeOptions {
  /** Whether texts are ranked by the cosines of their embeddings. */
  readonly byCosine: boolean;
  readonly task: TaskName;
}

export function rankingJudge({
  model,
  task,
  byCosine,
  parameters,
}: RankingJudgeOptions): Judge<Query, RankFacts> {
  return {
    rows: '{"query", "texts", "relevance"}, or {"query", "text", "relevance"} for each text',
    countsTokens: true,

    read: (rows, file) =>
      joinQueries(rows, file).map(({ line, ...gold }) => {
        const { query, texts } = gold;
        const best = gold.relevance.indexOf(Math.max(...gold.relevance));
        return {
          line,
          shown: query,
          shownGold: texts[best] ?? '',
          input: byCosine ? { source_sentence: query, sentences: texts } : { query, texts },
          gold,
        } satisfies Example<Query>;
      }),

    async answer(examples) {
      const inputs = examples.map(({ input }) => input);
      const outcomes = await askEach(model, inputs, { truncate: true, ...parameters }, task);
      const sizes = await sizesOf(
        model,
        examples.map(({ gold }) => gold.query),
      );
      return examples.map(({ gold }, index) => {
        const outcome = outcomes[index];
        const size = sizes[index] ?? 0;
        if (outcome && 'error' in outcome) return refusedAnswer(outcome, size, { ndcg: 0, reciprocal: 0 });
        const order = byCosine
          ? orderOf(cosines.parse(outcome?.result))
          : ranked.parse(outcome?.result).map((one) => one.index);
        const gains = order.map((place) => gold.relevance[place] ?? 0);
        const facts = { ndcg: ndcgAt(gains, RANKS), reciprocal: reciprocalRankAt(gains, RANKS) };
        const isRight = (gains[0] ?? 0) > 0;
        return { shown: gold.texts[order[0] ?? 0] ?? '', isRight, badness: 1 - facts.ndcg, size, facts };
      });
    },

    measure: (facts) =>
      new Map([
        [`ndcg@${RANKS}`, meanOf(facts, ({ ndcg }) => ndcg)],
        [`mrr@${RANKS}`, meanOf(facts, ({ reciprocal }) => reciprocal)],
      ]),
  };
}

/** Rows of one text each belong together while their query is the same. */
function joinQueries(rows: readonly Row[], file: string): (Query & { readonly line: number })[] {
  if (rows.some(({ fields }) => 'texts' in fields))
    return rows.map((row) => ({ line: row.line, ...parseRow(queryRow, row, file) }));
  const queries: { line: number; query: string; texts: string[]; relevance: number[] }[] = [];
  const known = new Map<string, number>();
  for (const row of rows) {
    const { query, text, relevance: gain } = parseRow(pairRow, row, file);
    const last = queries.at(-1);
    if (last?.query === query) {
      last.texts.push(text);
      last.relevance.push(gain);
      continue;
    }
    const before = known.get(query);
    if (before !== undefined)
      throw refuseRow(file, row.line, `its query begins in line ${before}; put the rows of a query together`);
    known.set(query, row.line);
    queries.push({ line: row.line, query, texts: [text], relevance: [gain] });
  }
  return queries;
}

/** Places of the texts, the most alike first. */
function orderOf(scores: readonly number[]): number[] {
  return [...scores.keys()].sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0) || a - b);
}
