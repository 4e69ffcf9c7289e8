/** Just enough SVG for the plots: elements as strings, colours that follow the reader's colour scheme. */
import { escapeMarkup } from './escape.ts';

export type Attributes = Readonly<Record<string, string | number>>;

export function element(name: string, attributes: Attributes, ...children: readonly string[]): string {
  const written = Object.entries(attributes).map(
    ([key, value]) => ` ${key}="${escapeMarkup(coordinate(value))}"`,
  );
  return children.length === 0
    ? `<${name}${written.join('')}/>`
    : `<${name}${written.join('')}>${children.join('')}</${name}>`;
}

/** A tenth of a pixel is as fine as it needs to be. */
const coordinate = (value: string | number): string =>
  typeof value === 'number' ? String(Math.round(value * 10) / 10) : value;

export type Anchor = 'start' | 'middle' | 'end';

export function text(
  content: string,
  x: number,
  y: number,
  anchor: Anchor = 'start',
  kind = 'label',
): string {
  return element('text', { x, y, 'text-anchor': anchor, class: kind }, escapeMarkup(content));
}

/** Sizes in pixels of the letters of each kind of text. */
export const FONT = { title: 15, label: 12 } as const;

/** About how wide a text is drawn: letters of sans-serif type are 0.56 of their size on average. */
export const textWidth = (content: string, kind: keyof typeof FONT = 'label'): number =>
  content.length * FONT[kind] * 0.56;

/** Series colours on a light and on a dark ground, told apart by the colour-blind too (after Okabe and Ito). */
const COLOURS = [
  ['#0072b2', '#56b4e9'],
  ['#d55e00', '#f0925a'],
  ['#009e73', '#3fc79f'],
  ['#8f6a00', '#e6b422'],
  ['#a9508a', '#dd8fc0'],
  ['#777777', '#999999'],
] as const;

/** The class that gives a fill and a stroke class of the same name the colour of a series. */
export const seriesClass = (index: number): string => `s${index % COLOURS.length}`;

function style(): string {
  const colours = (scheme: 0 | 1) =>
    COLOURS.map(
      (pair, index) => `.s${index}{fill:${pair[scheme]}}.line.s${index}{fill:none;stroke:${pair[scheme]}}`,
    ).join('');
  return [
    `text{font-family:system-ui,sans-serif;fill:#24292f}.label{font-size:${FONT.label}px}.title{font-size:${FONT.title}px;font-weight:600}`,
    `.axis{stroke:#d0d7de}.line{stroke-width:2}${colours(0)}`,
    `@media(prefers-color-scheme:dark){text{fill:#e6edf3}.axis{stroke:#3d444d}${colours(1)}}`,
  ].join('');
}

/** A whole drawing on a transparent ground, with a title that screen readers say. */
export function drawing(
  title: string,
  width: number,
  height: number,
  ...children: readonly string[]
): string {
  const attributes = {
    xmlns: 'http://www.w3.org/2000/svg',
    viewBox: `0 0 ${width} ${height}`,
    width,
    height,
    role: 'img',
  };
  return `${element('svg', attributes, element('title', {}, escapeMarkup(title)), element('style', {}, style()), ...children)}\n`;
}
