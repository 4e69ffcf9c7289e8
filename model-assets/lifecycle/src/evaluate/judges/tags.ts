/** A tag for each word: token-classification. */
import type { Predictor } from '@pilotlight/engine';
import { spansOfWords, tagsOfWords } from '@pilotlight/toolchain/internal/stages/evaluate/words';
import * as z from 'zod';
import { type Row, refuseRow } from '../dataset/read-rows.ts';
import { labelFigures, microFigures } from '../metrics/classification.ts';
import { countSpans, type SpanCounts, sumSpans } from '../metrics/spans.ts';
import { askEach, isPredictor, refusedAnswer } from './ask.ts';
import { type Answer, type Judge, type JudgeOptions, parseRow } from './judge.ts';

/** A list, or in .csv a text with blanks between its words. */
const words = z.union(
  [z.array(z.string().min(1)), z.string().transform((text) => text.split(/\s+/).filter(Boolean))],
  'must be a list of texts',
);
const rowSchema = z
  .object({ text: z.string().optional(), tokens: words, tags: words })
  .refine(({ tokens, tags }) => tokens.length === tags.length, {
    path: ['tags'],
    message: 'must be as many as the tokens',
  });

interface TaggedWords {
  readonly text: string;
  readonly spans: readonly (readonly [start: number, end: number])[];
  readonly tags: readonly string[];
}
interface TagFacts {
  readonly spans: SpanCounts;
  readonly rightWords: number;
  readonly words: number;
}

export function tagJudge({ model, parameters }: JudgeOptions): Judge<TaggedWords, TagFacts> {
  const seen = new Set<string>();
  return {
    rows: '{"text", "tokens", "tags"}, tags in BIO, BIOUL or BIOES',
    countsTokens: isPredictor(model),

    read: (rows, file) =>
      rows.map((row) => {
        const { tokens, tags, text = tokens.join(' ') } = parseRow(rowSchema, row, file);
        if (isPredictor(model)) refuseUnknown(row, file, tags, model.manifest.labels);
        const gold = { text, spans: placeWords(row, file, text, tokens), tags };
        return { line: row.line, shown: text, shownGold: showTags(tokens, tags), input: text, gold };
      }),

    async answer(examples) {
      const gold = examples.map((example) => example.gold);
      const tagged = isPredictor(model)
        ? await tagsOfPredictor(model, gold)
        : await tagsOfArchive(
            gold,
            await askEach(
              model,
              gold.map(({ text }) => text),
              { aggregation_strategy: 'none', ignore_labels: [], ...parameters },
              'token-classification',
            ),
          );
      return gold.map((row, index) => toAnswer(row, tagged[index]));
    },

    measure(facts) {
      for (const { spans } of facts) for (const label of spans.keys()) seen.add(label);
      const { precision, recall, f1 } = microFigures(
        sumSpans(
          facts.map(({ spans }) => spans),
          [...seen],
        ),
      );
      let [rightWords, allWords, rightRows] = [0, 0, 0];
      for (const { rightWords: right, words: all } of facts) {
        rightWords += right;
        allWords += all;
        if (right === all) rightRows += 1;
      }
      return new Map([
        ['span-f1', f1],
        ['span-precision', precision],
        ['span-recall', recall],
        ['exact-match', rightRows / facts.length],
        ['word-accuracy', rightWords / allWords],
      ]);
    },

    describe(facts) {
      const labels = [...new Set(facts.flatMap(({ spans }) => [...spans.keys()]))].sort();
      return {
        labels: labelFigures(
          sumSpans(
            facts.map(({ spans }) => spans),
            labels,
          ),
          labels,
        ),
      };
    },
  };
}

interface Tagged {
  readonly tags: readonly string[];
  readonly size: number;
  readonly refused?: Extract<Awaited<ReturnType<typeof askEach>>[number], { readonly error: unknown }>;
}

async function tagsOfPredictor(predictor: Predictor, rows: readonly TaggedWords[]): Promise<Tagged[]> {
  const results = await predictor.infer(rows, { truncate: true, alignment: true, background: true });
  const tagged: Tagged[] = [];
  for (const [index, { spans }] of rows.entries()) {
    const result = results[index];
    const tags = await tagsOfWords(spans, result, predictor.manifest);
    tagged.push({ tags, size: result?.encoding.ids.length ?? 0 });
  }
  return tagged;
}

const placedTags = z.array(z.object({ entity: z.string(), start: z.number(), end: z.number() }));

/** A word has the tag of the model's first word that stands in its place. */
function tagsOfArchive(
  rows: readonly TaggedWords[],
  outcomes: Awaited<ReturnType<typeof askEach>>,
): Tagged[] {
  return rows.map(({ spans, text }, index): Tagged => {
    const outcome = outcomes[index];
    if (outcome === undefined || 'error' in outcome)
      return { tags: [], size: text.length, ...(outcome && { refused: outcome }) };
    const given = placedTags.parse(outcome.result);
    const tags = spans.map(
      ([start, end]) => given.find((tag) => tag.end > start && tag.start < end)?.entity ?? 'O',
    );
    return { tags, size: text.length };
  });
}

function toAnswer({ text, spans, tags: gold }: TaggedWords, tagged: Tagged | undefined): Answer<TagFacts> {
  const { tags = [], size = 0, refused } = tagged ?? {};
  const given = gold.map((_, word) => tags[word] ?? 'O');
  const rightWords = given.filter((tag, word) => tag === gold[word]).length;
  const counts = countSpans(gold, given);
  const facts = { spans: counts, rightWords: refused ? 0 : rightWords, words: gold.length };
  if (refused) return refusedAnswer(refused, size, facts);
  const wrong = [...counts.values()].reduce(
    (sum, [right, made, wanted]) => sum + made + wanted - 2 * right,
    0,
  );
  const tokens = spans.map(([start, end]) => text.slice(start, end));
  const isRight = rightWords === gold.length;
  return { shown: showTags(tokens, given), isRight, badness: wrong, size, facts };
}

/** `San/B-city Francisco/I-city`: the words with a tag; nothing of the others. */
function showTags(tokens: readonly string[], tags: readonly string[]): string {
  const shown = tokens.flatMap((token, word) => {
    const tag = tags[word] ?? 'O';
    return tag === 'O' ? [] : [`${token}/${tag}`];
  });
  return shown.length === 0 ? '(no span)' : shown.join(' ');
}

function placeWords(row: Row, file: string, text: string, tokens: readonly string[]) {
  try {
    return spansOfWords(text, tokens);
  } catch (cause) {
    throw refuseRow(file, row.line, 'tokens must stand in text, one after another', cause);
  }
}

function refuseUnknown(row: Row, file: string, tags: readonly string[], labels: readonly string[]): void {
  const unknown = tags.find((tag) => !labels.includes(tag));
  if (unknown !== undefined) throw refuseRow(file, row.line, `tags: the model has no label '${unknown}'`);
}
