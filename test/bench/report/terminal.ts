import { paint } from 'pilotlight/internal/kit/style';
import { type Cell, table } from 'pilotlight/internal/kit/table';
import type { Result } from '../results.ts';
import {
  COMPARISON_COLUMNS,
  comparisonRows,
  nameSubject,
  provenance,
  SERIES_COLUMNS,
  seriesRows,
} from './format.ts';

/** The figures of a result as tables for a terminal. */
export function terminalReport(result: Result): string {
  const heading = `${result.measurement}, ${nameSubject(result)}, ${result.rounds} rounds`;
  const columns = (titles: readonly string[]) => titles.map((title) => ({ title }));
  return [
    paint('bold', heading),
    provenance(result),
    '',
    table(columns(SERIES_COLUMNS), seriesRows(result)),
    '',
    table(columns(COMPARISON_COLUMNS), comparisonRows(result).map(coloured)),
    '',
  ].join('\n');
}

function coloured(row: readonly string[]): Cell[] {
  const verdict = row.at(-1) ?? '';
  return [...row.slice(0, -1), { text: verdict, style: verdict === 'met' ? 'green' : 'red' }];
}
