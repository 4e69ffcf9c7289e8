/** The report of an evaluation as a page of HTML that stands alone. */
import { type HtmlValue, html } from '../../report/html.ts';
import { factList, figure, htmlTable, page, type Section } from '../../report/page.ts';
import type { ComparisonReport, EvaluationReport } from '../report-schema.ts';
import { drawEvaluation } from './plots.ts';
import { intervalText, metricText, modelText, probabilityText } from './wording.ts';

const MOST_LABELS = 40;

export function evaluationPage(report: EvaluationReport): string {
  const { model, dataset, task, at, seconds, machine, comparison } = report;
  const beside = comparison && ` beside ${modelText(comparison.before)}`;
  return page({
    title: `${modelText(model)} on ${dataset.name}`,
    summary: `${task}, ${dataset.rows.toLocaleString('en')} rows${beside ?? ''}`,
    sections: [
      { heading: 'Figures', body: figuresTable(report) },
      ...gateSection(report),
      ...(comparison ? [comparisonSection(comparison)] : []),
      ...sliceSections(report),
      ...labelSection(report),
      ...drawEvaluation(report).map(({ name, svg }) => ({
        heading: HEADINGS[name] ?? name,
        body: figure(svg),
      })),
      ...mistakeSection(report),
      {
        heading: 'How it was measured',
        body: factList([
          ['When', at],
          [
            'Machine',
            `${machine.cpu}, ${machine.arch}, Node ${machine.node}, Pilotlight ${machine.pilotlight}`,
          ],
          ['Time', `${seconds.toFixed(1)} s`],
          ['Dataset', `sha256 ${dataset.sha256}`],
          ['Package', `sha256 of model.json ${model.manifestSha256}`],
          ['Intervals', 'rows drawn again and again; 95 of 100 draws lie within'],
        ]),
      },
    ],
  });
}

const HEADINGS: Readonly<Record<string, string>> = {
  confusion: 'Labels taken for others',
  reliability: 'Is it right as often as it says?',
  confidence: 'How sure it is',
};
const number = (title: string) => ({ title, number: true });

function figuresTable({ metrics, comparison }: EvaluationReport): HtmlValue {
  if (comparison === undefined) {
    const rows = Object.entries(metrics).map(([name, measured]) => [
      name,
      metricText(name, measured.value),
      intervalText(name, measured),
    ]);
    return htmlTable([{ title: 'metric' }, number('value'), number('95 % interval')], rows);
  }
  const { metrics: before, changes } = comparison;
  const rows = Object.entries(metrics).map(([name, measured]) => {
    const [old, change] = [before[name], changes[name]];
    return [
      name,
      old && metricText(name, old.value),
      metricText(name, measured.value),
      change && metricText(name, change.value, 'change'),
      change && intervalText(name, change, 'change'),
    ];
  });
  const columns = [
    { title: 'metric' },
    ...['before', 'now', 'change', '95 % interval of the change'].map(number),
  ];
  return htmlTable(columns, rows);
}

function gateSection({ gates }: EvaluationReport): Section[] {
  if (gates.length === 0) return [];
  const rows = gates.map(({ gate, value, passed }) => [
    gate,
    value === undefined ? 'not measured' : String(Number(value.toPrecision(6))),
    passed ? html`<span class="good">passed</span>` : html`<span class="bad">FAILED</span>`,
  ]);
  return [{ heading: 'Gates', body: htmlTable([{ title: 'gate' }, number('value'), { title: '' }], rows) }];
}

function comparisonSection({ flips, regressions, fixes, pValue, shown }: ComparisonReport): Section {
  const facts = [
    ['Answers that differ', String(flips)],
    ['Right before, wrong now', String(regressions)],
    ['Wrong before, right now', String(fixes)],
    ...(pValue === undefined ? [] : [["McNemar's test, p", probabilityText(pValue)] as const]),
  ] as const;
  const rows = shown.map(({ line, input, gold, before, after }) => [line, input, gold, before, after]);
  const columns = [number('line'), ...['input', 'dataset', 'before', 'now'].map((title) => ({ title }))];
  return {
    heading: 'Answers that changed',
    body: [factList(facts), ...(rows.length === 0 ? [] : [htmlTable(columns, rows)])],
  };
}

function sliceSections({ slices, metrics }: EvaluationReport): Section[] {
  const names = Object.keys(metrics);
  return [...Map.groupBy(slices, ({ by }) => by)].map(([by, parts]) => ({
    heading: `By ${by}`,
    body: htmlTable(
      [{ title: by }, number('rows'), ...names.map(number)],
      parts.map(({ value, rows, metrics: measured }) => [
        value,
        rows,
        ...names.map((name) => {
          const one = measured[name];
          return one === undefined ? '' : metricText(name, one);
        }),
      ]),
    ),
  }));
}

function labelSection({ labels = [] }: EvaluationReport): Section[] {
  if (labels.length === 0) return [];
  const worst = [...labels].sort((left, right) => left.f1 - right.f1).slice(0, MOST_LABELS);
  const rows = worst.map(({ label, precision, recall, f1, support }) => [
    label,
    ...[precision, recall, f1].map((share) => metricText('', share)),
    support,
  ]);
  const heading = labels.length > MOST_LABELS ? `The ${MOST_LABELS} labels of least F1` : 'Labels';
  const columns = [{ title: 'label' }, ...['precision', 'recall', 'F1', 'in the dataset'].map(number)];
  return [{ heading, body: htmlTable(columns, rows) }];
}

function mistakeSection({ mistakes }: EvaluationReport): Section[] {
  if (mistakes.length === 0) return [];
  const rows = mistakes.map(({ line, input, gold, answer, confidence }) => [
    line,
    input,
    gold,
    answer,
    confidence === undefined ? '' : confidence.toFixed(3),
  ]);
  const columns = [
    number('line'),
    ...['input', 'dataset', 'answer'].map((title) => ({ title })),
    number('confidence'),
  ];
  return [{ heading: 'The worst mistakes', body: htmlTable(columns, rows) }];
}
