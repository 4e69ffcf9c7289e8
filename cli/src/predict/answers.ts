/** Predictions as a person reads them in a terminal. */
import type {
  Entity,
  EntityGroup,
  Features,
  LabelScore,
  MaskToken,
  RankedText,
  SpanAnswer,
  ZeroShot,
} from '@pilotlight/engine';
import { z } from 'zod';
import { paint, printableLines } from '../kit/style.ts';
import { bar, type Cell, type Column, cut, table } from '../kit/table.ts';
import type { PredictTask } from './task-options.ts';

export interface Answer {
  readonly input: unknown;
  readonly result: unknown;
}

/** `columns` is the width of the terminal. */
export function render(task: PredictTask, answers: readonly Answer[], columns: number): string {
  return RENDERERS[task](answers, columns);
}

/** A result has the shape of its task: the engine that made it says so. */
const RENDERERS: Record<PredictTask, (answers: readonly Answer[], columns: number) => string> = {
  'text-classification': (answers, columns) =>
    scores('LABEL', answers.map(withTitle<readonly LabelScore[]>).map(labelled), columns),
  'zero-shot-classification': (answers, columns) =>
    scores('LABEL', answers.map(withTitle<ZeroShot>).map(zeroShot), columns),
  'fill-mask': (answers, columns) =>
    scores('TOKEN', answers.map(withTitle<MaskToken[] | MaskToken[][]>).flatMap(masks), columns),
  'token-classification': (answers) =>
    answers
      .map(withTitle<readonly (Entity | EntityGroup)[]>)
      .map(spans)
      .join('\n\n'),
  'question-answering': (answers, columns) =>
    answerTable(answers.map(withTitle<SpanAnswer | readonly SpanAnswer[]>), columns),
  'feature-extraction': (answers, columns) => features(answers.map(withTitle<Features>), columns),
  'sentence-similarity': (answers, columns) => similarities(answers as readonly Compared[], columns),
  'text-ranking': (answers, columns) => rankings(answers as readonly Ranked[], columns),
  'text2text-generation': (answers) =>
    answers
      .map(withTitle<Generated>)
      .map(generated)
      .join('\n'),
};

interface Generated {
  readonly generated_text: string;
}

const generated = ({ result }: Titled<Generated>): string => printableLines(result.generated_text);

interface Titled<Result> {
  /** The text that was read, or what stands for it. */
  readonly text: string;
  readonly result: Result;
}

const title = z.union([
  z.string(),
  z
    .object({ text: z.string(), text_pair: z.string() })
    .transform((pair) => `${pair.text} | ${pair.text_pair}`),
  z.object({ question: z.string() }).transform(({ question }) => question),
  z.unknown().transform((input) => JSON.stringify(input)),
]);

function withTitle<Result>({ input, result }: Answer): Titled<Result> {
  return { text: title.parse(input), result: result as Result };
}

type Scored = Titled<readonly (readonly [name: string, score: number])[]>;
type Compared = Answer & {
  readonly input: { readonly sentences: readonly string[] };
  readonly result: readonly number[];
};
type Ranked = Answer & {
  readonly input: { readonly texts: readonly string[] };
  readonly result: readonly RankedText[];
};

const labelled = ({ text, result }: Titled<readonly LabelScore[]>): Scored => ({
  text,
  result: result.map(({ label, score }) => [label, score]),
});

const zeroShot = ({ text, result: { labels, scores } }: Titled<ZeroShot>): Scored => ({
  text,
  result: labels.map((label, i) => [label, scores[i] ?? 0]),
});

/** A text for each of its masks. */
function masks({ text, result }: Titled<MaskToken[] | MaskToken[][]>): Scored[] {
  const [first] = result;
  const lists = Array.isArray(first) ? (result as MaskToken[][]) : [result as MaskToken[]];
  return lists.map((list) => ({ text, result: list.map(({ token_str, score }) => [token_str, score]) }));
}

/** A row for each name and its score, a share from 0 to 1; the text stands beside the first. */
function scores(name: string, texts: readonly Scored[], columns: number): string {
  const width = Math.max(5, ...texts.flatMap(({ result }) => result.map(([own]) => own.length)));
  const textWidth = Math.max(20, columns - width - 21);
  const rows = texts.flatMap(({ text, result }) =>
    result.map(([own, score], i) => [i === 0 ? cut(text, textWidth) : '', own, ...scoreCells(score)]),
  );
  return table([{ title: 'TEXT' }, { title: name }, ...SCORE], rows);
}

const SCORE: readonly Column[] = [{ title: 'SCORE', align: 'right' }, { title: '' }];

function scoreCells(score: number): Cell[] {
  return [score.toFixed(3), { text: bar(score), style: 'cyan' }];
}

/** The text with its spans in brackets, and a row for each. Offsets are in UTF-16 code units. */
function spans({ text, result }: Titled<readonly (Entity | EntityGroup)[]>): string {
  const spanLabel = (span: Entity | EntityGroup) => ('entity' in span ? span.entity : span.entity_group);
  let marked = '';
  let end = 0;
  for (const span of result) {
    const label = paint('dim', `|${spanLabel(span)}`);
    const before = printableLines(text.slice(end, span.start));
    const inside = paint('cyan', text.slice(span.start, span.end));
    marked += `${before}[${inside}${label}]`;
    end = span.end;
  }
  marked += printableLines(text.slice(end));
  if (result.length === 0) return `${marked}\n${paint('dim', '(no span)')}`;
  const rows = result.map((span) => [
    text.slice(span.start, span.end),
    spanLabel(span),
    `${span.start}-${span.end}`,
    ...scoreCells(span.score),
  ]);
  return `${marked}\n\n${table([...titled('SPAN', 'LABEL', 'OFFSETS'), ...SCORE], rows)}`;
}

function answerTable(
  answers: readonly Titled<SpanAnswer | readonly SpanAnswer[]>[],
  columns: number,
): string {
  const width = Math.max(20, Math.floor((columns - 40) / 2));
  const rows = answers.flatMap(({ text, result }) =>
    [result]
      .flat()
      .map(({ answer, start, end, score }, i) => [
        i === 0 ? cut(text, width) : '',
        answer === '' ? { text: '(no answer)', style: 'dim' as const } : cut(answer, width),
        `${start}-${end}`,
        ...scoreCells(score),
      ]),
  );
  return table([...titled('QUESTION', 'ANSWER', 'OFFSETS'), ...SCORE], rows);
}

function similarities(answers: readonly Compared[], columns: number): string {
  const rows = answers.flatMap(({ input, result }) =>
    input.sentences.map((sentence, i) => [cut(sentence, columns - 22), ...scoreCells(result[i] ?? 0)]),
  );
  return table([{ title: 'SENTENCE' }, ...SCORE], rows);
}

function rankings(answers: readonly Ranked[], columns: number): string {
  const rows = answers.flatMap(({ input, result }) =>
    result.map(({ index, score }) => [
      `${index}`,
      cut(input.texts[index] ?? '', columns - 29),
      ...scoreCells(score),
    ]),
  );
  return table([{ title: 'INDEX', align: 'right' }, { title: 'TEXT' }, ...SCORE], rows);
}

function features(answers: readonly Titled<Features>[], columns: number): string {
  const rows = answers.map(({ text, result }) => {
    const vectors = result.filter((value) => typeof value !== 'number');
    const [first] = vectors;
    const numbers = first ?? result.filter((value) => typeof value === 'number');
    const shape = first ? `${vectors.length} x ${first.length}` : `${numbers.length}`;
    const head = numbers.slice(0, 3).map((value) => value.toFixed(4));
    return [cut(text, Math.max(20, columns - 46)), shape, `${head.join(' ')} …`];
  });
  return table([{ title: 'TEXT' }, { title: 'SHAPE', align: 'right' }, { title: 'VALUES' }], rows);
}

const titled = (...titles: readonly string[]): Column[] => titles.map((own) => ({ title: own }));
