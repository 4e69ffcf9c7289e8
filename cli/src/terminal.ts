/** Text for terminals: tables, bars, colours (on a terminal only, and never with NO_COLOR). */
import { styleText } from 'node:util';
import stringWidth from 'string-width';

export type Style = Parameters<typeof styleText>[0];

export function paint(style: Style, text: string, stream: NodeJS.WriteStream = process.stdout): string {
  return styleText(style, text, { stream });
}

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
}

/** A header and its rows, each column as wide as its widest cell. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const titles = columns.map(({ title }) => title);
  const widths = columns.map((_, i) =>
    Math.max(...[titles, ...rows].map((row) => stringWidth(row[i] ?? ''))),
  );
  const line = (cells: readonly string[]) =>
    columns
      .map(({ align }, i) => {
        const cell = cells[i] ?? '';
        const space = ' '.repeat(Math.max(0, (widths[i] ?? 0) - stringWidth(cell)));
        return align === 'right' ? space + cell : cell + space;
      })
      .join('  ')
      .trimEnd();
  return [paint('dim', line(titles)), ...rows.map(line)].join('\n');
}

/** `text` on one line, cut to `columns` of a terminal with an ellipsis; a wide character counts two. */
export function cut(text: string, columns: number): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
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

/** A bar of ten cells, filled for a share from 0 to 1. */
export function bar(share: number): string {
  const filled = Math.round(Math.min(Math.max(share, 0), 1) * 10);
  return '█'.repeat(filled) + '░'.repeat(10 - filled);
}
