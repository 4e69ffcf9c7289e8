/**
 * The lines of a file of texts, with their numbers from 1. They end in LF or CRLF, as for `npm run batch` and `npm run
 * predict`; other separators of Unicode may stand in a text. Blank lines and a byte order mark are left out.
 */
export function textLines(content: string): { readonly line: string; readonly number: number }[] {
  return content
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .map((line, index) => ({ line, number: index + 1 }))
    .filter(({ line }) => line.trim() !== '');
}
