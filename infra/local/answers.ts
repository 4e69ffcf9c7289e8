/** Predictions as a person reads them in a terminal. */
import type { EntityGroup, Features, LabelScore, TaskName } from '@pilotlight/engine';
import { bar, cut, paint, table } from './terminal.ts';

export interface Answer {
  readonly text: string;
  readonly result: unknown;
}

/** `columns` is the width of the terminal. */
export function render(task: TaskName, answers: readonly Answer[], columns: number): string {
  return RENDERERS[task](answers, columns);
}

/** A result has the shape of its task: the engine that made it says so. */
const RENDERERS: Record<TaskName, (answers: readonly Answer[], columns: number) => string> = {
  'text-classification': (answers, columns) => labels(answers as readonly Labelled[], columns),
  'token-classification': (answers) => (answers as readonly Spanned[]).map(spans).join('\n\n'),
  'question-answering': asJson,
  'fill-mask': asJson,
  'zero-shot-classification': asJson,
  'feature-extraction': (answers, columns) => features(answers as readonly Embedded[], columns),
  'sentence-similarity': asJson,
  'text-ranking': asJson,
};

type Labelled = Answer & { readonly result: readonly LabelScore[] };
type Spanned = Answer & { readonly result: readonly EntityGroup[] };
type Embedded = Answer & { readonly result: Features };

function asJson(answers: readonly Answer[]): string {
  return answers.map(({ result }) => JSON.stringify(result, null, 2)).join('\n');
}

function labels(answers: readonly Labelled[], columns: number): string {
  const labelWidth = Math.max(5, ...answers.flatMap(({ result }) => result.map(({ label }) => label.length)));
  const textWidth = Math.max(20, columns - labelWidth - 21);
  const rows = answers.flatMap(({ text, result }) =>
    result.map(({ label, score }, i) => [
      i === 0 ? cut(text, textWidth) : '',
      label,
      score.toFixed(3),
      paint('cyan', bar(score)),
    ]),
  );
  return table(
    [{ title: 'TEXT' }, { title: 'LABEL' }, { title: 'SCORE', align: 'right' }, { title: '' }],
    rows,
  );
}

/** The text with its spans in brackets, and a row for each. Offsets are in UTF-16 code units. */
function spans({ text, result }: Spanned): string {
  let marked = '';
  let end = 0;
  for (const span of result) {
    const label = paint('dim', `|${span.entity_group}`);
    marked += `${text.slice(end, span.start)}[${paint('cyan', text.slice(span.start, span.end))}${label}]`;
    end = span.end;
  }
  marked += text.slice(end);
  if (result.length === 0) return `${marked}\n${paint('dim', '(no span)')}`;
  const rows = result.map((span) => [
    text.slice(span.start, span.end),
    span.entity_group,
    `${span.start}-${span.end}`,
    span.score.toFixed(3),
    paint('cyan', bar(span.score)),
  ]);
  const titles = ['SPAN', 'LABEL', 'OFFSETS', 'SCORE', ''];
  return `${marked}\n\n${table(
    titles.map((title) => ({ title })),
    rows,
  )}`;
}

function features(answers: readonly Embedded[], columns: number): string {
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
