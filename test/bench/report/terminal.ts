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
  wideTables,
} from './format.ts';

/** The figures of a result as tables for a terminal. */
export function terminalReport(result: Result): string {
  const heading = `${result.measurement}, ${nameSubject(result)}, ${result.rounds} rounds`;
  const columns = (titles: readonly string[]) => titles.map((title) => ({ title }));
  const rows = seriesRows(result);
  const comparisons = comparisonRows(result);
  const tables = [
    ...wideTables(result).map((wide) => table(columns(wide.titles), wide.rows)),
    ...(rows.length === 0 ? [] : [table(columns(SERIES_COLUMNS), rows)]),
    ...(comparisons.length === 0 ? [] : [table(columns(COMPARISON_COLUMNS), comparisons.map(coloured))]),
  ];
  return [paint('bold', heading), provenance(result), '', ...tables.flatMap((lines) => [lines, ''])].join(
    '\n',
  );
}

function coloured(row: readonly string[]): Cell[] {
  const verdict = row.at(-1) ?? '';
  return [...row.slice(0, -1), { text: verdict, style: verdict === 'met' ? 'green' : 'red' }];
}
