import { tickLabel } from './scales.ts';
import { drawing, element, seriesClass, text, textWidth } from './svg.ts';

/** Darker cells would hide the number in them. */
const DARKEST = 0.6;
const CELL_HEIGHT = 24;
const LEAST_CELL = 34;
const LONGEST_LABEL = 24;

export interface HeatMap {
  readonly title: string;
  /** What the rows are: `gold`. */
  readonly y: string;
  /** What the columns are: `predicted`. */
  readonly x: string;
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  /** `cells[row][column]`, not negative. */
  readonly cells: readonly (readonly number[])[];
}

/** A matrix of numbers, each row shaded by its share of the row: a confusion matrix reads as recall. Column labels stand upright. */
export function heatMap({ title, x, y, rows, columns, cells }: HeatMap): string {
  const rowLabels = rows.map(shorten);
  const columnLabels = columns.map(shorten);
  const widest = Math.max(0, ...cells.flat().map((value) => textWidth(tickLabel(value))));
  const cell = Math.max(LEAST_CELL, widest + 8);
  const left = 24 + Math.max(textWidth(y), ...rowLabels.map((label) => textWidth(label)));
  const labelHeight = Math.max(0, ...columnLabels.map((label) => textWidth(label)));
  const top = 66 + labelHeight;
  const width = Math.max(
    left + columns.length * cell + 16,
    32 + textWidth(title, 'title'),
    left + textWidth(x) + 16,
  );
  return drawing(
    title,
    Math.ceil(width),
    Math.ceil(top + rows.length * CELL_HEIGHT + 16),
    text(title, 16, 24, 'start', 'title'),
    text(x, left, 46),
    text(y, left - 8, top - 8, 'end'),
    ...columnLabels.map((label, column) => upright(label, left + (column + 0.5) * cell + 4, top - 8)),
    ...rows.flatMap((_, row) => {
      const values = columns.map((__, column) => cells[row]?.[column] ?? 0);
      const sum = values.reduce((total, value) => total + value, 0);
      const at = top + row * CELL_HEIGHT;
      return [
        text(rowLabels[row] ?? '', left - 8, at + 16, 'end'),
        ...values.map((value, column) => drawCell(value, sum, left + column * cell, at, cell)),
      ];
    }),
  );
}

function drawCell(value: number, sum: number, x: number, y: number, width: number): string {
  if (value === 0) return '';
  const opacity = (DARKEST * value) / sum;
  const ground = element('rect', {
    x,
    y,
    width: width - 1,
    height: CELL_HEIGHT - 1,
    class: seriesClass(0),
    'fill-opacity': String(Math.round(opacity * 1_000) / 1_000),
  });
  return ground + text(tickLabel(value), x + width / 2, y + 16, 'middle');
}

/** Text that is read from below. */
function upright(content: string, x: number, y: number): string {
  return element(
    'g',
    { transform: `translate(${x.toFixed(1)} ${y.toFixed(1)}) rotate(-90)` },
    text(content, 0, 0),
  );
}

function shorten(label: string): string {
  const characters = [...label];
  return characters.length <= LONGEST_LABEL ? label : `${characters.slice(0, LONGEST_LABEL - 1).join('')}…`;
}
