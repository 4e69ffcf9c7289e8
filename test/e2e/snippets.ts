/** The code blocks of the documents, and how each kind of them is run. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

export interface Snippet {
  /** Such as `README.md:27`, the line of its first code. */
  readonly place: string;
  readonly language: string;
  readonly code: string;
}

/**
 * Documents that are left out: the toolchain makes model cards, and they have their own tests; training needs PyTorch
 * and hours, and nobody who uses Pilotlight runs it; examples, and the app that `pilotlight init` writes from a template, run in
 * a folder of their own (test/packages).
 */
const LEFT_OUT = /^(model-assets\/(packages|training)|examples|cli\/templates)\//;

export function documents(): string[] {
  const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '*.md'], { encoding: 'utf8' });
  return files.split('\n').filter((file) => file !== '' && !LEFT_OUT.test(file));
}

/** The fenced and the indented blocks of a document, in order. */
export function snippetsOf(document: string): Snippet[] {
  const snippets: Snippet[] = [];
  let open: { line: number; fenced: boolean; language: string; code: string[] } | undefined;
  const close = () => {
    if (!open) return;
    const code = open.code.join('\n').trimEnd();
    const language = open.fenced ? open.language : languageOf(code);
    snippets.push({ place: `${document}:${open.line}`, language, code });
    open = undefined;
  };
  let afterEmpty = true;
  for (const [index, line] of readFileSync(document, 'utf8').split('\n').entries()) {
    const fence = /^\s*```(\S*)/.exec(line);
    const indented = /^ {4}(.*)/.exec(line);
    if (open && !open.fenced && !indented && line.trim() !== '') close();
    if (fence && open) close();
    else if (fence) {
      open = { line: index + 2, fenced: true, language: (fence[1] ?? '').replace(/^sh$/, 'bash'), code: [] };
    } else if (open) open.code.push(open.fenced ? line : (indented?.[1] ?? ''));
    else if (indented && afterEmpty) {
      open = { line: index + 1, fenced: false, language: '', code: [indented[1] ?? ''] };
    }
    afterEmpty = line.trim() === '';
  }
  close();
  return snippets;
}

/** An indented block has no language to its name; what is neither command nor JSON is an illustration. */
function languageOf(code: string): string {
  if (/^(npm|npx|node|curl) /.test(code)) return 'bash';
  return /^[[{]/.test(code) ? 'json' : 'text';
}

/** The commands of a bash block: lines, joined where they end in a backslash, without comments. */
export function commandsOf({ code }: Snippet): string[] {
  return code
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .map((line) => line.replace(/(^|\s+)#\s.*$/, '').trim())
    .filter((line) => line !== '');
}

/**
 * Where a document's answer is not the service's: undefined where they agree. Numbers may differ by 0.05, so that
 * documents can round; everything else must be the same.
 */
export function difference(shown: unknown, actual: unknown, path = 'answer'): string | undefined {
  if (typeof shown === 'number' && typeof actual === 'number') {
    return Math.abs(shown - actual) <= 0.05 ? undefined : `${path} is ${actual}, not ${shown}`;
  }
  if (typeof shown !== 'object' || typeof actual !== 'object' || !shown || !actual) {
    return shown === actual
      ? undefined
      : `${path} is ${JSON.stringify(actual)}, not ${JSON.stringify(shown)}`;
  }
  const [left, right] = [Object.entries(shown), new Map(Object.entries(actual))];
  if (left.length !== right.size) return `${path} has ${right.size} entries, not ${left.length}`;
  for (const [key, value] of left) {
    const found = difference(value, right.get(key), `${path}.${key}`);
    if (found !== undefined) return found;
  }
  return undefined;
}
