/** The report of an evaluation in a terminal. */
import type { EvaluationReport } from '@pilotlight/lifecycle';
import {
  intervalText,
  metricText,
  modelText,
  probabilityText,
} from '@pilotlight/lifecycle/internal/evaluate/page/wording';
import type { Output } from '../kit/command.ts';
import { paint } from '../kit/style.ts';
import { cut, table } from '../kit/table.ts';

/** Rows of a table that a terminal shows; the rest is in the page. */
const MOST_ROWS = 10;
const DEFAULT_COLUMNS = 100;

export function evaluationText(report: EvaluationReport, stream: Output): string {
  const { model, dataset, task, seconds, comparison, gates } = report;
  const beside = comparison ? ` beside ${modelText(comparison.before)}` : '';
  const heading = `${modelText(model)}${beside}, ${task}: ${dataset.rows.toLocaleString('en')} rows of ${dataset.name} in ${seconds.toFixed(1)} s`;
  const parts = [
    figures(report),
    slices(report),
    ...(comparison ? [changes(comparison)] : []),
    ...mistakes(report, stream.columns ?? DEFAULT_COLUMNS),
    ...(gates.length > 0 ? [gateTable(gates)] : []),
  ];
  return `${paint('bold', heading)}\n\n${parts.join('\n\n')}\n`;
}

const right = (title: string) => ({ title, align: 'right' as const });

function figures({ metrics, comparison }: EvaluationReport): string {
  const rows = Object.entries(metrics).map(([name, measured]) => {
    const value = metricText(name, measured.value);
    if (comparison === undefined) return [name, value, intervalText(name, measured)];
    const before = comparison.metrics[name];
    const change = comparison.changes[name];
    return [
      name,
      before ? metricText(name, before.value) : '',
      value,
      change ? metricText(name, change.value, 'change') : '',
      change ? intervalText(name, change, 'change') : '',
    ];
  });
  const titles = comparison ? ['BEFORE', 'NOW', 'CHANGE', '95 % INTERVAL'] : ['VALUE', '95 % INTERVAL'];
  return table([{ title: 'METRIC' }, ...titles.map(right)], rows);
}

/** The first metric of each slice. */
function slices({ slices: parts, metrics }: EvaluationReport): string {
  const [name = ''] = Object.keys(metrics);
  const rows = parts.map(({ by, value, rows: count, metrics: measured }) => {
    const one = measured[name];
    return [by, value, count.toLocaleString('en'), one === undefined ? '' : metricText(name, one)];
  });
  return table([{ title: 'BY' }, { title: 'VALUE' }, right('ROWS'), right(name.toUpperCase())], rows);
}

function changes({ flips, regressions, fixes, pValue }: NonNullable<EvaluationReport['comparison']>): string {
  const test = pValue === undefined ? '' : `; McNemar's test: p ${probabilityText(pValue)}`;
  return `${flips} answers differ: ${regressions} were right and are wrong, ${fixes} were wrong and are right${test}`;
}

function mistakes({ mistakes: worst }: EvaluationReport, columns: number): string[] {
  if (worst.length === 0) return [];
  const width = Math.max(20, Math.floor((columns - 16) / 3));
  const rows = worst
    .slice(0, MOST_ROWS)
    .map(({ line, input, gold, answer }) => [
      `${line}`,
      cut(input, width),
      cut(gold, width),
      cut(answer, width),
    ]);
  return [
    table([right('LINE'), { title: 'WORST MISTAKES' }, { title: 'DATASET' }, { title: 'ANSWER' }], rows),
  ];
}

function gateTable(gates: EvaluationReport['gates']): string {
  const rows = gates.map(({ gate, value, passed }) => [
    gate,
    value === undefined ? 'not measured' : String(Number(value.toPrecision(6))),
    passed ? { text: 'passed', style: 'green' as const } : { text: 'FAILED', style: 'red' as const },
  ]);
  return table([{ title: 'GATE' }, right('VALUE'), { title: '' }], rows);
}
