/** Tables and bars as wide as a terminal draws their characters. */
import stringWidth from 'string-width';
import { paint, printable, type Style } from './style.ts';

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
}

/** Text, with a style of its own where it has one. Its control characters are spelled out, so it may come from anywhere. */
export type Cell = string | { readonly text: string; readonly style: Style };

/** A header and its rows, each column as wide as its widest cell. */
export function table(columns: readonly Column[], rows: readonly (readonly Cell[])[]): string {
  const titles = columns.map(({ title }) => title);
  const texts = rows.map((row) => columns.map((_, i) => cellText(row[i])));
  const widths = columns.map((_, i) =>
    Math.max(...[titles, ...texts].map((row) => stringWidth(row[i] ?? ''))),
  );
  const line = (cells: readonly string[], styles: readonly (Style | undefined)[]) =>
    columns
      .map(({ align }, i) => {
        const text = cells[i] ?? '';
        const style = styles[i];
        const cell = style === undefined ? text : paint(style, text);
        const space = ' '.repeat(Math.max(0, (widths[i] ?? 0) - stringWidth(text)));
        return align === 'right' ? space + cell : cell + space;
      })
      .join('  ')
      .trimEnd();
  const header = paint('dim', line(titles, []));
  return [header, ...texts.map((row, i) => line(row, rows[i]?.map(cellStyle) ?? []))].join('\n');
}

function cellText(cell: Cell = ''): string {
  return printable((typeof cell === 'string' ? cell : cell.text).replaceAll(/[\t\n]/g, ' '));
}

const cellStyle = (cell: Cell): Style | undefined => (typeof cell === 'string' ? undefined : cell.style);

/** `text` on one line, cut to `columns` of a terminal with an ellipsis; a wide character counts two. */
export function cut(text: string, columns: number): string {
  const line = printable(text.replaceAll(/\s+/g, ' ').trim());
  if (stringWidth(line) <= columns) return line;
  let kept = '';
  let width = 0;
  for (const { segment } of new Intl.Segmenter().segment(line)) {
    width += stringWidth(segment);
    if (width > columns - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}

/** A bar that is filled for a share from 0 to 1. */
export function bar(share: number, cells = 10): string {
  const filled = Math.round(Math.min(Math.max(share, 0), 1) * cells);
  return '█'.repeat(filled) + '░'.repeat(cells - filled);
}

/** `5.4 MB`, with the decimal units that disks and Lambda quotas use. */
export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 1e8 ? 1 : 0)} MB`;
}

/** `840 ms` or `12.3 s`. */
export function duration(milliseconds: number): string {
  return milliseconds < 1_000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1_000).toFixed(1)} s`;
}

/** `9 s`, `3 min 20 s` or `2 h 5 min`, for a number of seconds. */
export function timeLeft(seconds: number): string {
  const whole = Math.ceil(Math.max(0, seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  return minutes < 60
    ? `${minutes} min ${whole % 60} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
