/** Tables of Markdown, as GitHub shows them, of texts that anybody may have written. */
import { spellControls } from './escape.ts';

const LONGEST = 160;
/** GitHub looks for people and issues in the text that entities became: a space without width keeps the names apart from these. */
const CALLS = '@#';
const APART = '&#8203;';

/**
 * A text in a cell: it can be neither Markdown, nor HTML, nor call a person by name. It is one line, cut to `longest` characters.
 * Underscores within a word stay as they are, because they mean nothing there.
 */
export function markdownCell(text: string, longest = LONGEST): string {
  const line = spellControls(text.replaceAll(/\s+/g, ' ').trim());
  const characters = line.length > longest ? [...line] : [];
  const cut = characters.length > longest ? `${characters.slice(0, longest).join('')}…` : line;
  return cut
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll(
      /[\\`*[\]|#~!]|(?<!\w)[_@]|_(?!\w)/g,
      (character) => `&#${character.charCodeAt(0)};${CALLS.includes(character) ? APART : ''}`,
    );
}

export interface MarkdownColumn {
  readonly title: string;
  /** Set right. */
  readonly number?: boolean;
}

/** Cells are Markdown already; `markdownCell` makes one of a text. */
export function markdownTable(
  columns: readonly (string | MarkdownColumn)[],
  rows: readonly (readonly string[])[],
): string {
  const all = columns.map((column) => (typeof column === 'string' ? { title: column } : column));
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = line(all.map(({ number }: MarkdownColumn) => (number ? '---:' : '---')));
  return [line(all.map(({ title }) => title)), rule, ...rows.map(line)].join('\n');
}
