/** Two models on the same rows. */
import { LifecycleError } from '../errors.ts';
import type { JudgedRows } from './judge-model.ts';
import type { Intervals } from './metrics/bootstrap.ts';
import { mcnemar } from './metrics/mcnemar.ts';
import { showText } from './mistakes.ts';
import type { ComparisonReport, Flip, Measured } from './report-schema.ts';

const MOST_SHOWN = 100;

/** @throws LifecycleError NOT_COMPARABLE where the models do not answer the same question */
export function refuseOther(before: JudgedRows, after: JudgedRows): void {
  if (before.task === after.task) return;
  const [one, other] = [after, before].map(
    ({ model: { name, version }, task }) => `${name}@${version} is for ${task}`,
  );
  throw new LifecycleError('NOT_COMPARABLE', `${one}, and ${other}: compare models of one task.`);
}

/** The prefix of the names of changes: `change:accuracy`. */
export const CHANGE = 'change:';
const BEFORE = 'before:';

/** The metrics of both models on the same draw, under names of their own, and how much the second has more. */
export function measureBoth(
  before: JudgedRows,
  after: JudgedRows,
  rows: ArrayLike<number>,
): Map<string, number> {
  const old = before.measure(rows);
  const figures = new Map<string, number>();
  for (const [name, value] of after.measure(rows)) {
    figures.set(name, value);
    figures.set(`${BEFORE}${name}`, old.get(name) ?? Number.NaN);
    figures.set(`${CHANGE}${name}`, value - (old.get(name) ?? Number.NaN));
  }
  return figures;
}

/** `figures` and `intervals` are of `measureBoth`. */
export function compareRows(
  before: JudgedRows,
  after: JudgedRows,
  figures: ReadonlyMap<string, number>,
  intervals: Intervals,
): ComparisonReport {
  let [flips, regressions, fixes, judged] = [0, 0, 0, 0];
  const shown: (Flip & { readonly rank: number })[] = [];
  for (const [row, answer] of after.answers.entries()) {
    const old = before.answers[row];
    const example = after.examples[row];
    if (old === undefined || example === undefined) continue;
    if (answer.isRight !== undefined && old.isRight !== undefined) {
      judged += 1;
      if (old.isRight && !answer.isRight) regressions += 1;
      if (!old.isRight && answer.isRight) fixes += 1;
    }
    if (old.shown === answer.shown) continue;
    flips += 1;
    const rank = Number(old.isRight ?? false) - Number(answer.isRight ?? false);
    const { line, shown: input, shownGold: gold } = example;
    shown.push({ rank, ...showTexts({ line, input, gold, before: old.shown, after: answer.shown }) });
  }
  shown.sort((left, right) => right.rank - left.rank || left.line - right.line);
  return {
    before: before.model,
    metrics: measuredUnder(BEFORE, figures, intervals),
    changes: measuredUnder(CHANGE, figures, intervals),
    flips,
    regressions,
    fixes,
    ...(judged > 0 && { pValue: mcnemar(regressions, fixes) }),
    shown: shown.slice(0, MOST_SHOWN).map(({ rank: _, ...flip }) => flip),
  };
}

function showTexts({ line, ...texts }: Flip): Flip {
  const { input, gold, before, after } = texts;
  return {
    line,
    input: showText(input),
    gold: showText(gold),
    before: showText(before),
    after: showText(after),
  };
}

/** The figures whose names begin so, without it; with the empty prefix those that have none. */
export function measuredUnder(
  prefix: '' | typeof BEFORE | typeof CHANGE,
  figures: ReadonlyMap<string, number>,
  intervals: Intervals,
): Record<string, Measured> {
  const measured: Record<string, Measured> = {};
  for (const [name, value] of figures) {
    const own =
      prefix === '' ? !name.startsWith(BEFORE) && !name.startsWith(CHANGE) : name.startsWith(prefix);
    if (!own || !Number.isFinite(value)) continue;
    const interval = intervals.get(name);
    measured[name.slice(prefix.length)] = { value, ...(interval && { interval: [...interval] }) };
  }
  return measured;
}
