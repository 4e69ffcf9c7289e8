/** Writes a comparison as the comment of a pull request: what matters in a table, the rest to be unfolded. */

import { markdownCell as cell, markdownTable } from '../report/markdown.ts';
import { KINDS, type Kind } from './answers/answer.ts';
import type { Flip } from './answers/compare.ts';
import type { ModelDiff } from './diff.ts';
import { type FlipLimit, keepsTo } from './gate.ts';
import {
  describeBin,
  describeFlips,
  describeLatency,
  describeMachines,
  describeScores,
  describeSideOf,
  describeSides,
  describeTokens,
  filledBins,
} from './words.ts';

/** Flips and differences that a comment shows; GitHub takes 65,536 characters. */
const MOST_ROWS = 50;

export interface MarkdownOptions {
  readonly limit?: FlipLimit | undefined;
  /** Whether texts are left out, and only their numbers told: what is compared may be private, and pull requests public. @default false */
  readonly hideTexts?: boolean;
}

export function diffMarkdown(diff: ModelDiff, { limit, hideTexts = false }: MarkdownOptions = {}): string {
  const { a, b, answers, package: packages, latency } = diff;
  const isHidden = hideTexts && OF_TEXT.includes(answers.kind);
  const verdict = limit && (keepsTo(answers, limit) ? '✅ ' : '❌ ');
  const allowed = limit ? `, of at most ${limit.text}` : '';
  const textOf = (text: number): string => {
    if (hideTexts) return `text ${text}`;
    const sample = diff.samples[text - 1];
    const pair = sample?.pair === undefined ? '' : ` / ${sample.pair}`;
    return `${text}: ${cell(`${sample?.text ?? ''}${pair}`)}`;
  };
  const [bytesA, bytesB] = packages.bytes;
  const facts: [string, string | undefined][] = [
    [KINDS[answers.kind][1], `${describeFlips(answers)}${allowed}`],
    ['tokens', describeTokens(answers)],
    ['scores', describeScores(answers)],
    ['labels', packages.labels.length === 0 ? undefined : packages.labels.join('; ')],
    ['tokenizer', packages.tokenizer.length === 0 ? undefined : `${packages.tokenizer.length} differences`],
    ['size', `${megabytes(bytesA)} in A, ${megabytes(bytesB)} in B (${change(bytesA, bytesB)})`],
    ['one text', latency && describeLatency(latency)],
  ];
  return [
    `### ${verdict ?? ''}${code(a.name)} → ${code(b.name)}`,
    describeSides(diff, code),
    markdownTable(
      ['', ''],
      facts.flatMap(([name, said]) => (said === undefined ? [] : [[`**${name}**`, cell(said)]])),
    ),
    details(
      `What flips: ${answers.flips.length}, worst first`,
      ['text', 'at', 'A', 'B'],
      answers.flips.map((flip) => [
        textOf(flip.text),
        code(hideTexts ? flip.at.replace(/ ".*/s, '') : flip.at),
        decisionCell(flip.a, isHidden),
        decisionCell(flip.b, isHidden),
      ]),
    ),
    details(
      `Token ids: ${answers.tokens?.differences.length ?? 0} texts differ`,
      ['text', 'first at token', 'A', 'B', 'tokens'],
      (answers.tokens?.differences ?? []).map(({ text, token, a: own, b: other, lengths }) => [
        textOf(text),
        `${token}`,
        `${own ?? 'end'}`,
        `${other ?? 'end'}`,
        `${lengths[0]} / ${lengths[1]}`,
      ]),
    ),
    details(
      'Differences of scores',
      ['difference', 'scores'],
      filledBins(answers.scores?.histogram).map(({ count }, index, bins) => [
        describeBin(bins, index),
        `${count}`,
      ]),
    ),
    details(
      'Tokenizer',
      ['difference'],
      packages.tokenizer.map((said) => [cell(said)]),
    ),
    details(
      `Settings: ${packages.settings.length} differ`,
      ['setting', 'A', 'B'],
      packages.settings.map(({ path, a: own = '', b: other = '' }) => [code(path), code(own), code(other)]),
    ),
    details(
      `Files: ${packages.files.length} differ`,
      ['file', 'bytes in A', 'bytes in B'],
      packages.files.map(({ path, a: own, b: other }) => [code(path), `${own ?? ''}`, `${other ?? ''}`]),
    ),
    details(
      'Machines',
      ['difference'],
      describeMachines(diff).map((said) => [cell(said)]),
    ),
  ]
    .filter((part) => part !== '')
    .join('\n\n')
    .concat('\n');
}

/** Decisions that repeat the text or write one; labels and kinds of spans do not. */
const OF_TEXT: readonly Kind[] = ['texts', 'answers', 'tokens', 'values'];

function decisionCell(own: Flip['a'], isHidden: boolean): string {
  return cell(isHidden && own !== undefined ? 'hidden' : describeSideOf(own));
}

function details(summary: string, titles: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const more = rows.length > MOST_ROWS ? `\n\n${rows.length - MOST_ROWS} more are in the JSON.` : '';
  return `<details><summary>${summary}</summary>\n\n${markdownTable(titles, rows.slice(0, MOST_ROWS))}${more}\n\n</details>`;
}

const code = (text: string): string => (text === '' ? '' : `<code>${cell(text)}</code>`);

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(bytes < 1e8 ? 1 : 0)} MB`;

function change(a: number, b: number): string {
  if (a === b) return 'the same';
  const share = (100 * (b - a)) / a;
  return `${share > 0 ? '+' : '−'}${Math.abs(share).toPrecision(2)} %`;
}
