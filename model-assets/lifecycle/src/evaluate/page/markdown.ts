/** The report of an evaluation as Markdown, for a pull request or a document. It has the figures, and of mistakes a few. */
import { markdownCell, markdownTable } from '../../report/markdown.ts';
import type { EvaluationReport } from '../report-schema.ts';
import { intervalText, metricText, modelText, probabilityText } from './wording.ts';

const MOST_LABELS = 10;
const MOST_MISTAKES = 10;

export function evaluationMarkdown(report: EvaluationReport): string {
  const { model, dataset, task, machine, comparison } = report;
  const beside = comparison ? ` beside ${modelText(comparison.before)}` : '';
  return [
    `## ${markdownCell(modelText(model))}${markdownCell(beside)} on ${markdownCell(dataset.name)}`,
    `${task}, ${dataset.rows.toLocaleString('en')} rows, on ${markdownCell(machine.cpu)}, Node ${machine.node}`,
    figures(report),
    ...gates(report),
    ...changes(report),
    ...slices(report),
    ...labels(report),
    ...mistakes(report),
  ]
    .join('\n\n')
    .concat('\n');
}

/** Titles that end in a colon are those of numbers. */
function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const columns = titles.map((title) => ({ title: title.replace(/:$/, ''), number: title.endsWith(':') }));
  return markdownTable(
    columns,
    rows.map((row) => row.map((text) => markdownCell(text))),
  );
}

function figures({ metrics, comparison }: EvaluationReport): string {
  if (comparison === undefined) {
    const rows = Object.entries(metrics).map(([name, one]) => [
      name,
      metricText(name, one.value),
      intervalText(name, one),
    ]);
    return table(['metric', 'value:', '95 % interval:'], rows);
  }
  const rows = Object.entries(metrics).map(([name, one]) => {
    const [before, change] = [comparison.metrics[name], comparison.changes[name]];
    return [
      name,
      before ? metricText(name, before.value) : '',
      metricText(name, one.value),
      change ? metricText(name, change.value, 'change') : '',
      change ? intervalText(name, change, 'change') : '',
    ];
  });
  return table(['metric', 'before:', 'now:', 'change:', '95 % interval:'], rows);
}

function gates({ gates: results }: EvaluationReport): string[] {
  if (results.length === 0) return [];
  const rows = results.map(({ gate, value, passed }) => [
    gate,
    value === undefined ? 'not measured' : String(Number(value.toPrecision(6))),
    passed ? 'passed' : 'FAILED',
  ]);
  return [table(['gate', 'value:', ''], rows)];
}

function changes({ comparison }: EvaluationReport): string[] {
  if (comparison === undefined) return [];
  const { flips, regressions, fixes, pValue, shown } = comparison;
  const test = pValue === undefined ? '' : `; McNemar's test: p ${probabilityText(pValue)}`;
  const rows = shown
    .slice(0, MOST_MISTAKES)
    .map(({ line, input, gold, before, after }) => [String(line), input, gold, before, after]);
  return [
    `${flips} answers differ: ${regressions} were right and are wrong, ${fixes} were wrong and are right${test}.`,
    ...(rows.length === 0 ? [] : [table(['line:', 'input', 'dataset', 'before', 'now'], rows)]),
  ];
}

function slices({ slices: parts, metrics }: EvaluationReport): string[] {
  const names = Object.keys(metrics);
  return [...Map.groupBy(parts, ({ by }) => by)].map(([by, group]) =>
    table(
      [markdownCell(by), 'rows:', ...names.map((name) => `${name}:`)],
      group.map(({ value, rows, metrics: measured }) => [
        value,
        rows.toLocaleString('en'),
        ...names.map((name) => {
          const one = measured[name];
          return one === undefined ? '' : metricText(name, one);
        }),
      ]),
    ),
  );
}

function labels({ labels: all = [] }: EvaluationReport): string[] {
  const worst = [...all].sort((left, right) => left.f1 - right.f1).slice(0, MOST_LABELS);
  if (worst.length === 0) return [];
  const title = all.length > MOST_LABELS ? `the ${MOST_LABELS} labels of least F1` : 'label';
  const rows = worst.map(({ label, precision, recall, f1, support }) => [
    label,
    ...[precision, recall, f1].map((share) => metricText('', share)),
    String(support),
  ]);
  return [table([title, 'precision:', 'recall:', 'F1:', 'in the dataset:'], rows)];
}

function mistakes({ mistakes: worst }: EvaluationReport): string[] {
  const rows = worst
    .slice(0, MOST_MISTAKES)
    .map(({ line, input, gold, answer }) => [String(line), input, gold, answer]);
  return rows.length === 0 ? [] : [table(['line:', 'the worst mistakes', 'dataset', 'answer'], rows)];
}
