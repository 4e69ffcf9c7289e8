import { findResultFault, judgeGates, parseGates } from '@pilotlight/lifecycle/internal/evaluate/gates';
import { gateResultSchema } from '@pilotlight/model-format/registry';
import { describe, expect, it } from 'vitest';

const SHA = 'a'.repeat(64);
const ABOUT = { dataset: { name: 'test.jsonl', sha256: SHA, rows: 10 }, manifestSha256: SHA };
const FIGURES = new Map([
  ['accuracy', 0.9],
  ['flips', 5],
  ['accuracy[language=de, at]', 0.5],
  ['spearman', Number.NaN],
]);
const judge = (text: string) => judgeGates(parseGates(text), FIGURES, ABOUT);

describe('gates', () => {
  it('hold at their bound where they say so, and not where they do not', () => {
    const results = judge('accuracy>=0.9, accuracy>0.9,flips<=5,flips<5,flips==5');
    expect(results.map(({ gate, value, passed }) => [gate, value, passed])).toEqual([
      ['accuracy>=0.9', 0.9, true],
      ['accuracy>0.9', 0.9, false],
      ['flips<=5', 5, true],
      ['flips<5', 5, false],
      ['flips==5', 5, true],
    ]);
  });

  it('are written as the registry keeps them', () => {
    for (const result of judge('accuracy>=0.9,spearman>=0'))
      expect(gateResultSchema.parse(result)).toEqual(result);
  });

  it('are taken from a report where their values bear them out, and not where somebody wrote that they passed', () => {
    const results = judge('accuracy>=0.9,accuracy>0.9,spearman>=0,accuracy[language=de, at]>=0.4');
    expect(results.map(findResultFault)).toEqual([undefined, undefined, undefined, undefined]);
    expect(results.slice(1, 3).map((result) => findResultFault({ ...result, passed: true }))).toEqual([
      'accuracy>0.9 has not passed with 0.9',
      'spearman>=0 has not passed with no value',
    ]);
    const two = { gate: 'accuracy>=0,flips<=9', value: 1, passed: true, ...ABOUT };
    expect(findResultFault(two)).toBe('accuracy>=0,flips<=9 is not one gate');
  });

  it('do not pass where their figure could not be measured', () => {
    expect(judge('spearman>=-1')).toEqual([{ gate: 'spearman>=-1', passed: false, ...ABOUT }]);
  });

  it('may be of a slice, whose value may hold a comma', () => {
    expect(judge('accuracy[language=de, at]>=0.4,accuracy>=0.4').map(({ passed }) => passed)).toEqual([
      true,
      true,
    ]);
  });

  it('take a share in per cent, and are kept without blanks', () => {
    expect(parseGates('accuracy >= 90%')).toEqual([
      { gate: 'accuracy>=90%', figure: 'accuracy', relation: '>=', bound: 0.9 },
    ]);
  });

  it.each(['accuracy', 'accuracy>=', '>=0.9', 'accuracy=>0.9', 'accuracy>=0.9.1', 'accuracy>=high'])(
    'that cannot be read are refused with an example: %s',
    (text) => {
      expect(() => parseGates(text)).toThrow(
        expect.objectContaining({ code: 'USAGE', message: expect.stringContaining('such as accuracy>=0.9') }),
      );
    },
  );

  it('of a figure that there is not are refused with the nearest, or with all', () => {
    expect(() => judge('acuracy>=0.9')).toThrow(/did you mean accuracy\?/);
    expect(() => judge('bleu>=0.9')).toThrow(/There is no figure 'bleu'.*accuracy, flips/);
  });
});
