/** Colours, on a terminal only and never with NO_COLOR; and text of others that cannot steer the terminal. */
import { styleText } from 'node:util';
import type { Output } from './command.ts';

export type Style = Parameters<typeof styleText>[0];

export function paint(style: Style, text: string, stream: Output = process.stdout): string {
  return styleText(style, text, { stream });
}

/** C0 but tab and newline, DEL, C1, and what turns the direction of writing. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/** `text` with its control characters spelled out, such as `\x1b`: a terminal obeys what a model or a file says otherwise. */
export function printable(text: string): string {
  return text.replaceAll(CONTROLS, (character) => {
    const code = character.charCodeAt(0);
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16)}`;
  });
}
