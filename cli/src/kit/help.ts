/** The help of a command, written from its record of options. */
import { asCalled } from './called-as.ts';
import type { Command, CommandGroup, Registry } from './command.ts';
import type { Option, Options } from './options.ts';

const WIDTH = 100;
const EXIT_CODES = 'Exit codes: 0 done, 1 refused or failed, 2 wrong usage.';
const HELP_OPTION: Options = { help: { type: 'boolean', short: 'h', help: 'print this text' } };

/** `name` is the whole of it: `pilotlight models add`. */
export function commandHelp(name: string, command: Command): string {
  const { summary, usage, description, options, notes, examples } = command;
  const forms = usage.map((form) => asCalled(`${name} ${form}`.trim())).join('\n       ');
  return paragraphs([
    sentence(summary),
    `Usage: ${forms}`,
    description && wrap(description),
    `Options:\n${optionLines({ ...options, ...HELP_OPTION })}`,
    notes && wrap(notes),
    `Examples:\n${examples.map((line) => `  ${asCalled(line)}`).join('\n')}`,
    EXIT_CODES,
  ]);
}

/** The commands of a group, one line each. */
export async function groupHelp(
  name: string,
  { summary, commands }: CommandGroup,
  more?: { readonly options: Options; readonly examples: readonly string[] },
): Promise<string> {
  const first = Object.keys(commands)[0] ?? '';
  return paragraphs([
    sentence(summary),
    `Usage: ${asCalled(`${name} COMMAND [OPTIONS]`)}`,
    `Commands:\n${await commandLines(commands)}`,
    more && `Options:\n${optionLines({ ...HELP_OPTION, ...more.options })}`,
    more && `Examples:\n${more.examples.map((line) => `  ${asCalled(line)}`).join('\n')}`,
    `Each command explains itself: ${asCalled(`${name} ${first} --help`)}`,
    EXIT_CODES,
  ]);
}

async function commandLines(commands: Registry): Promise<string> {
  const loaded = await Promise.all(
    Object.entries(commands).map(async ([name, load]) => [name, (await load()).command.summary] as const),
  );
  return columns(loaded);
}

function optionLines(options: Options): string {
  const isShort = Object.values(options).some(({ short }) => short !== undefined);
  return columns(
    Object.entries(options).map(([name, option]) => {
      const short = option.short === undefined ? (isShort ? '    ' : '') : `-${option.short}, `;
      const value = option.type === 'string' ? ` ${option.value ?? 'TEXT'}` : '';
      return [`${short}--${name}${value}`, option.help + addition(option)];
    }),
  );
}

function addition({ multiple, default: usual, otherwise }: Option): string {
  const known = otherwise ?? (typeof usual === 'string' ? usual : undefined);
  const words = [multiple ? 'repeatable' : '', known === undefined ? '' : `default: ${known}`];
  const said = words.filter((word) => word !== '').join('; ');
  return said === '' ? '' : ` (${said})`;
}

/** Two columns; the text of the second is broken between words. */
function columns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows
    .map(([left, right]) => {
      const [first = '', ...others] = breakLine(right, WIDTH - width - 4);
      const rest = others.map((line) => `\n${' '.repeat(width + 4)}${line}`).join('');
      return `  ${left.padEnd(width)}  ${first}${rest}`;
    })
    .join('\n');
}

/** Breaks the lines that are too long, and leaves the others as they are. */
const wrap = (text: string): string =>
  text
    .split('\n')
    .flatMap((line) => (line.length > WIDTH ? breakLine(line, WIDTH) : [line]))
    .join('\n');

function breakLine(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

const sentence = (summary: string): string => `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;

function paragraphs(parts: readonly (string | undefined)[]): string {
  return `${parts.filter((part) => part !== undefined).join('\n\n')}\n`;
}
