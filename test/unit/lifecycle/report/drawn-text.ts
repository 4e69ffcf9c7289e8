/** Reads back what a plot drew, to check it as a reader would see it. */
import { FONT, textWidth } from '@pilotlight/lifecycle/internal/report/svg';

const TAG = /<(\/?)([a-z]+)((?:\s[a-z][a-z\d-]*="[^"<]*")*)\s*(\/?)>/gi;

/** Names of the elements, in order. Throws a SyntaxError for what is no well-formed XML. */
export function parseElements(svg: string): string[] {
  const open: string[] = [];
  const names: string[] = [];
  const between = svg.replace(TAG, (_, closing: string, name: string, __: string, selfClosing: string) => {
    if (closing) {
      if (open.pop() !== name) throw new SyntaxError(`</${name}> closes nothing`);
      return '';
    }
    if (names.length > 0 && open.length === 0) throw new SyntaxError(`<${name}> stands outside the root`);
    names.push(name);
    if (!selfClosing) open.push(name);
    return '';
  });
  if (open.length > 0) throw new SyntaxError(`<${open.at(-1)}> is not closed`);
  if (/[<>]|&(?!amp;|lt;|gt;|quot;|#39;)/.test(between)) throw new SyntaxError('there is a loose < > or &');
  return names;
}

const CHARACTERS: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };

export interface DrawnText {
  readonly content: string;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Where each text of a plot stands, in pixels. */
export function drawnTexts(svg: string): DrawnText[] {
  const matches = svg.matchAll(
    /<text x="([-\d.]+)" y="([-\d.]+)" text-anchor="(\w+)" class="(label|title)">([^<]*)<\/text>/g,
  );
  return [...matches].map(([, x, y, anchor, kind, escaped = '']) => {
    const content = escaped.replace(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => CHARACTERS[name] ?? '');
    const size = kind === 'title' ? 'title' : 'label';
    const width = textWidth(content, size);
    const left = Number(x) - (anchor === 'middle' ? width / 2 : anchor === 'end' ? width : 0);
    return {
      content,
      left,
      right: left + width,
      top: Number(y) - FONT[size] * 0.8,
      bottom: Number(y) + FONT[size] * 0.2,
    };
  });
}

/** Pairs of texts that lie upon each other. */
export function overlaps(texts: readonly DrawnText[]): string[] {
  return texts.flatMap((one, index) =>
    texts
      .slice(index + 1)
      .filter(
        (other) =>
          one.left < other.right &&
          other.left < one.right &&
          one.top < other.bottom &&
          other.top < one.bottom,
      )
      .map((other) => `${one.content} / ${other.content}`),
  );
}
