/** The rows that a model got wrong, those first of which it was most sure. */
import type { JudgedRows } from './judge-model.ts';
import type { Mistake } from './report-schema.ts';

const LONGEST_TEXT = 1_000;

/** A text of a row, as long as a report shows it. */
export function showText(text: string): string {
  const characters = [...text];
  return characters.length <= LONGEST_TEXT ? text : `${characters.slice(0, LONGEST_TEXT).join('')}…`;
}

export function worstMistakes({ examples, answers }: JudgedRows, most: number): Mistake[] {
  return [...answers.entries()]
    .filter(([, { badness }]) => badness > 0)
    .sort(([rowA, a], [rowB, b]) => b.badness - a.badness || rowA - rowB)
    .slice(0, most)
    .flatMap(([row, { shown, confidence }]) => {
      const example = examples[row];
      if (example === undefined) return [];
      const { line, shown: input, shownGold: gold } = example;
      const sure = confidence !== undefined && { confidence };
      return [{ line, input: showText(input), gold: showText(gold), answer: showText(shown), ...sure }];
    });
}
