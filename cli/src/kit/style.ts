/** Colours, on a terminal only and never with NO_COLOR; and text of others that cannot steer the terminal. */
import { styleText } from 'node:util';
import type { Output } from './command.ts';

export type Style = Parameters<typeof styleText>[0];

/** Colours one line of text, in which control characters are spelled out. */
export function paint(style: Style, text: string, stream: Output = process.stdout): string {
  return styleText(style, printable(text), { stream });
}

/** C0 but tab, DEL, C1, what ends a line, and what turns the direction of writing. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const CONTROLS = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;
const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r' };

/**
 * One line of text with its control characters spelled out, such as `\x1b`: a terminal obeys what a model, a file or the key
 * of an object says otherwise.
 */
export function printable(text: string): string {
  return text.replaceAll(CONTROLS, (character) => {
    const code = character.charCodeAt(0);
    const hexadecimal = code.toString(16);
    return (
      NAMED[character] ??
      (code < 0x100 ? `\\x${hexadecimal.padStart(2, '0')}` : `\\u${hexadecimal.padStart(4, '0')}`)
    );
  });
}

/** Several lines, each of which is printable. */
export function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}
