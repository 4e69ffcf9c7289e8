/** One label a row: text-classification, and zero-shot-classification among the labels of the dataset. */
import type { LabelScore } from '@pilotlight/engine';
import { didYouMean } from '@pilotlight/model-format/errors';
import * as z from 'zod';
import { type Row, refuseRow } from '../dataset/read-rows.ts';
import { confidenceBins, expectedCalibrationError, type Sureness } from '../metrics/calibration.ts';
import { accuracy, confusion, countLabels, labelFigures, macroF1 } from '../metrics/classification.ts';
import { askEach, isPredictor, refusedAnswer, sizesOf } from './ask.ts';
import { type Example, type Judge, type JudgeOptions, type Metrics, parseRow } from './judge.ts';

/** The label of intent data for texts outside every intent. */
const OUT_OF_SCOPE = 'oos';
/** A matrix of more labels is not read. */
const MOST_IN_CONFUSION = 200;

const rowSchema = z.object({
  text: z.string(),
  pair: z.string().optional(),
  text_pair: z.string().optional(),
  label: z.string().min(1, 'must not be empty'),
});

interface LabelFacts extends Sureness {
  readonly gold: number;
  /** -1 where the model refused the row. */
  readonly answer: number;
}

export interface LabelJudgeOptions extends JudgeOptions {
  readonly task: 'text-classification' | 'zero-shot-classification';
  /** All that the model can answer. @default - they are learnt from its answers */
  readonly labels?: readonly string[] | undefined;
}

export function labelJudge({
  model,
  task,
  labels: known,
  parameters,
}: LabelJudgeOptions): Judge<number, LabelFacts> {
  const labels = [...(known ?? [])];
  const placeOf = new Map(labels.map((label, place) => [label, place]));
  const learn = (label: string): number => {
    const place = placeOf.get(label) ?? labels.length;
    if (place === labels.length) labels.push(label);
    placeOf.set(label, place);
    return place;
  };
  const isZeroShot = task === 'zero-shot-classification';
  return {
    rows: '{"text", "label"}, or {"text", "pair", "label"} for two texts',
    countsTokens: isPredictor(model),

    read: (rows, file) =>
      rows.map((row) => {
        const { text, label, ...given } = parseRow(rowSchema, row, file);
        const pair = given.pair ?? given.text_pair;
        if (known && !placeOf.has(label)) throw unknownLabel(row, file, label, known);
        const input = pair === undefined ? text : { text, text_pair: pair };
        const shown = pair === undefined ? text : `${text} | ${pair}`;
        return { line: row.line, shown, shownGold: label, input, gold: learn(label) };
      }),

    async answer(examples) {
      const inputs = examples.map(({ input }) => z.union([z.string(), pairSchema]).parse(input));
      const asked = isZeroShot
        ? { candidate_labels: labels, truncate: true, ...parameters }
        : { top_k: 1, ...(isPredictor(model) && { truncate: true }), ...parameters };
      const outcomes = await askEach(
        model,
        inputs,
        asked,
        isPredictor(model) && !isZeroShot ? undefined : task,
      );
      const sizes = await sizesOf(model, inputs);
      return examples.map(({ gold }: Example<number>, index) => {
        const outcome = outcomes[index];
        const size = sizes[index] ?? 0;
        if (outcome === undefined || 'error' in outcome) {
          const facts = { gold, answer: -1, isRight: false };
          return outcome
            ? refusedAnswer(outcome, size, facts)
            : { shown: '', isRight: false, badness: 0, size, facts };
        }
        const best = bestLabel(outcome.result);
        const answer = learn(best.label);
        const confidence = best.score >= 0 && best.score <= 1 ? best.score : undefined;
        const isRight = gold === answer;
        const facts = { gold, answer, isRight, confidence };
        return {
          shown: best.label,
          isRight,
          badness: isRight ? 0 : best.score,
          size,
          facts,
          ...(confidence !== undefined && { confidence }),
        };
      });
    },

    measure: (facts) => measure(facts, labels),

    describe(facts) {
      const figures = labelFigures(countLabels(facts, labels.length), labels);
      return {
        labels: figures,
        ...(figures.length <= MOST_IN_CONFUSION && { confusion: confusion(facts, labels) }),
        ...(facts.some(({ confidence }) => confidence !== undefined) && {
          calibration: confidenceBins(facts),
        }),
      };
    },
  };
}

const pairSchema = z.object({ text: z.string(), text_pair: z.string() });
const labelScores = z.array(z.object({ label: z.string(), score: z.number() })).min(1);
const zeroShot = z.object({ labels: z.array(z.string()).min(1), scores: z.array(z.number()).min(1) });

/** The first label, from either shape of an answer. */
function bestLabel(result: unknown): LabelScore {
  const [best] = labelScores.safeParse(result).data ?? [];
  if (best !== undefined) return best;
  const { labels, scores } = zeroShot.parse(result);
  return { label: labels[0] ?? '', score: scores[0] ?? Number.NaN };
}

function measure(facts: readonly LabelFacts[], labels: readonly string[]): Metrics {
  const outside = labels.indexOf(OUT_OF_SCOPE);
  const metrics = new Map([
    ['accuracy', accuracy(facts)],
    ['macro-f1', macroF1(countLabels(facts, labels.length))],
    ['ece', expectedCalibrationError(confidenceBins(facts))],
  ]);
  if (outside < 0) return metrics;
  metrics.set('in-scope-accuracy', accuracy(facts.filter(({ gold }) => gold !== outside)));
  metrics.set('out-of-scope-recall', accuracy(facts.filter(({ gold }) => gold === outside)));
  return metrics;
}

function unknownLabel({ line }: Row, file: string, label: string, known: readonly string[]) {
  const hint = didYouMean(label, known, (near) => `'${near}'`);
  return refuseRow(file, line, `label: the model has no label '${label}'${hint}`.replace(/[.]$/, ''));
}
