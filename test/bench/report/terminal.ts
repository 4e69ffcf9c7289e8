import { styleText } from 'node:util';
import { table } from '../../../model-assets/toolchain/src/terminal/table.ts';
import type { Result } from '../results.ts';
import {
  COMPARISON_COLUMNS,
  comparisonRows,
  provenance,
  SERIES_COLUMNS,
  seriesRows,
  subjectOf,
} from './format.ts';

/** The figures of a result as tables for a terminal. */
export function terminalReport(result: Result): string {
  const heading = `${result.measurement}, ${subjectOf(result)}, ${result.rounds} rounds`;
  const columns = (titles: readonly string[]) => titles.map((title) => ({ title }));
  return [
    styleText('bold', heading, { stream: process.stdout }),
    provenance(result),
    '',
    table(columns(SERIES_COLUMNS), seriesRows(result)),
    '',
    table(columns(COMPARISON_COLUMNS), comparisonRows(result).map(coloured)),
    '',
  ].join('\n');
}

function coloured(row: readonly string[]): string[] {
  const verdict = row.at(-1) ?? '';
  const colour = verdict === 'met' ? 'green' : 'red';
  return [...row.slice(0, -1), verdict === '' ? '' : styleText(colour, verdict, { stream: process.stdout })];
}
