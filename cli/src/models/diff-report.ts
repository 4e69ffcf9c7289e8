/** A comparison as the terminal shows it. */
import type { FlipLimit, ModelDiff } from '@pilotlight/lifecycle/internal/compare/index';
import { keepsTo } from '@pilotlight/lifecycle/internal/compare/index';
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
} from '@pilotlight/lifecycle/internal/compare/words';
import { paint, printable } from '../kit/style.ts';
import { bar, type Column, cut, megabytes, table } from '../kit/table.ts';

/** Flips and differences that a terminal shows; all of them are in the JSON. */
const MOST_ROWS = 20;
const TEXT_COLUMNS = 60;

export function diffReport(diff: ModelDiff, limit: FlipLimit | undefined): string {
  const { answers, package: packages, latency } = diff;
  const [bytesA, bytesB] = packages.bytes;
  const passed = limit === undefined || keepsTo(answers, limit);
  const allowed = limit === undefined ? '' : `, of at most ${limit.text}`;
  const flips = `${describeFlips(answers)}${allowed}`;
  const facts = [
    paint(passed ? (answers.flips.length === 0 ? 'green' : 'yellow') : 'red', flips),
    describeTokens(answers),
    describeScores(answers),
    ...packages.labels.map((said) => `labels: ${said}`),
    `${megabytes(bytesA)} in A, ${megabytes(bytesB)} in B`,
    latency && `one text: ${describeLatency(latency)}`,
  ].filter((said) => said !== undefined);
  const textOf = (text: number) => cut(diff.samples[text - 1]?.text ?? '', TEXT_COLUMNS);
  const right = 'right' as const;
  const sections = [
    section(
      'What flips, worst first',
      [{ title: 'TEXT', align: right }, { title: 'AT' }, { title: 'A' }, { title: 'B' }, { title: '' }],
      answers.flips.map((flip) => [
        `${flip.text}`,
        cut(flip.at, TEXT_COLUMNS),
        cut(describeSideOf(flip.a), TEXT_COLUMNS),
        cut(describeSideOf(flip.b), TEXT_COLUMNS),
        textOf(flip.text),
      ]),
    ),
    section(
      'Token ids that differ',
      [
        { title: 'TEXT', align: right },
        { title: 'AT TOKEN', align: right },
        { title: 'A', align: right },
        { title: 'B', align: right },
        { title: '' },
      ],
      (answers.tokens?.differences ?? []).map(({ text, token, a: own, b: other }) => [
        `${text}`,
        `${token}`,
        `${own ?? 'end'}`,
        `${other ?? 'end'}`,
        textOf(text),
      ]),
    ),
    section(
      'Differences of scores',
      [{ title: 'DIFFERENCE' }, { title: 'SCORES', align: right }, { title: '' }],
      filledBins(answers.scores?.histogram).map(({ count }, index, bins) => [
        describeBin(bins, index),
        `${count}`,
        bar(count / (answers.scores?.count ?? 1), 30),
      ]),
    ),
    section(
      'Tokenizer',
      [{ title: 'DIFFERENCE' }],
      packages.tokenizer.map((said) => [said]),
    ),
    section(
      'Settings',
      [{ title: 'SETTING' }, { title: 'A' }, { title: 'B' }],
      packages.settings.map(({ path, a: own = '', b: other = '' }) => [
        path,
        cut(own, TEXT_COLUMNS),
        cut(other, TEXT_COLUMNS),
      ]),
    ),
    section(
      'Machines',
      [{ title: 'DIFFERENCE' }],
      describeMachines(diff).map((said) => [said]),
    ),
  ].filter((part) => part !== '');
  return `${[printable(describeSides(diff)), facts.join('\n'), ...sections].join('\n\n')}\n`;
}

function section(title: string, columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const more = rows.length > MOST_ROWS ? `\n${rows.length - MOST_ROWS} more; --json has all.` : '';
  return `${title}\n${table(columns, rows.slice(0, MOST_ROWS))}${more}`;
}
