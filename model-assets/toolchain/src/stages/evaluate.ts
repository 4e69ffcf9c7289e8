/** Quality as served: a labelled dataset through the fp32 and the served variant, with the serving engine. */
import type { Predictor, Quality, TokenRequest, TokenResult } from '@pilotlight/engine';
import { type LabelledText, readDataset, type TaggedText } from './evaluate/dataset.ts';
import { spanF1 } from './evaluate/spans.ts';
import { indexOfLargest, spansOfWords, tagsOfWords } from './evaluate/words.ts';

/** The label of intent data for texts outside every intent. */
const OUT_OF_SCOPE = 'oos';

/** Rows of one call: enough for full batches, few enough for a progress bar to move. */
const ROWS_PER_CALL = 512;

export interface EvaluateOptions {
  /** A JSON-lines file, see `readDataset`. */
  readonly file: string;
  /** The name of the dataset in the manifest: `clinc150/test`. */
  readonly dataset: string;
}

/**
 * Accuracy for text classification; in-scope accuracy and out-of-scope recall where the data has the label `oos`;
 * span F1 as conlleval counts it for token classification. All are shares, 0 to 1. Texts longer than the model's
 * limit are cut to it. Throws DATASET_INVALID.
 */
export async function evaluate(
  fp32: Predictor,
  served: Predictor,
  { file, dataset }: EvaluateOptions,
  report: (done: number) => void = () => {},
): Promise<readonly Quality[]> {
  const { task, labels } = served.manifest;
  const data = await readDataset(file, task, labels);
  const both = async <Row extends TokenRequest, Answer>(
    rows: readonly Row[],
    answer: Answerer<Row, Answer>,
  ) => {
    const reference = await answerAll(fp32, rows, answer, (done) => report(done / 2));
    const answers = await answerAll(served, rows, answer, (done) => report(0.5 + done / 2));
    return { reference, answers };
  };
  if (data.kind === 'labelled') {
    const { reference, answers } = await both(data.rows.map(toRequest), (_row, result) =>
      topLabel(result, labels),
    );
    return labelQuality(dataset, data.rows, reference, answers);
  }
  const rows = data.rows.map(({ text, tokens }) => ({ text, spans: spansOfWords(text, tokens) }));
  const { reference, answers } = await both(rows, ({ spans }, result) =>
    tagsOfWords(spans, result, served.manifest),
  );
  return [tagQuality(dataset, data.rows, reference, answers)];
}

type Answerer<Row, Answer> = (row: Row, result: TokenResult | undefined) => Answer | Promise<Answer>;

async function answerAll<Row extends TokenRequest, Answer>(
  predictor: Predictor,
  rows: readonly Row[],
  answer: Answerer<Row, Answer>,
  report: (done: number) => void,
): Promise<readonly Answer[]> {
  const answers: Answer[] = [];
  for (let start = 0; start < rows.length; start += ROWS_PER_CALL) {
    const part = rows.slice(start, start + ROWS_PER_CALL);
    const results = await predictor.infer(part, { truncate: true, alignment: true });
    for (const [index, row] of part.entries()) answers.push(await answer(row, results[index]));
    report(answers.length / rows.length);
  }
  return answers;
}

function toRequest({ text, pair }: LabelledText): TokenRequest {
  return pair === undefined ? { text } : { text, pair };
}

function topLabel(result: TokenResult | undefined, labels: readonly string[]): string {
  return labels[indexOfLargest(result?.outputs.logits?.data ?? new Float32Array())] ?? '';
}

function labelQuality(
  dataset: string,
  rows: readonly LabelledText[],
  fp32: readonly string[],
  served: readonly string[],
): readonly Quality[] {
  const shares = (metric: string, chosen: readonly number[]): Quality => {
    const share = (isGood: (index: number) => boolean) => chosen.filter(isGood).length / chosen.length;
    return {
      dataset,
      metric,
      rows: chosen.length,
      fp32: share((index) => fp32[index] === rows[index]?.label),
      served: share((index) => served[index] === rows[index]?.label),
      agreement: share((index) => fp32[index] === served[index]),
    };
  };
  const all = [...rows.keys()];
  const outside = all.filter((index) => rows[index]?.label === OUT_OF_SCOPE);
  const inside = all.filter((index) => rows[index]?.label !== OUT_OF_SCOPE);
  if (outside.length === 0 || inside.length === 0) return [shares('accuracy', all)];
  return [shares('in-scope accuracy', inside), shares('out-of-scope recall', outside)];
}

function tagQuality(
  dataset: string,
  rows: readonly TaggedText[],
  fp32: readonly (readonly string[])[],
  served: readonly (readonly string[])[],
): Quality {
  const gold = rows.map(({ tags }) => tags);
  const pairs = fp32.flatMap((tags, row) => tags.map((tag, word) => tag === served[row]?.[word]));
  return {
    dataset,
    metric: 'span F1',
    rows: rows.length,
    fp32: spanF1(gold, fp32),
    served: spanF1(gold, served),
    agreement: pairs.filter(Boolean).length / pairs.length,
  };
}
