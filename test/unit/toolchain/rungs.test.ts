import { describe, expect, it } from 'vitest';
import { RUNG_NAMES } from '../../../cli/src/models/add-options.ts';
import { INT8_RUNGS } from '../../../model-assets/toolchain/src/schemes/rung.ts';
import { CALIBRATION_TEXTS } from '../../../model-assets/toolchain/src/stages/calibrate/texts.ts';
import { judgeRequests } from '../../../model-assets/toolchain/src/stages/judge.ts';

describe('the rungs of int8', () => {
  it('are those that the help of the command line names, in their order', () => {
    expect(INT8_RUNGS.map(({ scheme }) => scheme)).toEqual(RUNG_NAMES);
  });

  it('are calibrated on none of the texts that they are judged on', () => {
    const calibrated = new Set(CALIBRATION_TEXTS.map((text) => text.toLowerCase()));
    expect(calibrated.size).toBeGreaterThan(100);
    for (const task of ['feature-extraction', 'question-answering', 'text-ranking'] as const)
      for (const { text, pair = '' } of judgeRequests({ task })) {
        expect(calibrated).not.toContain(text.toLowerCase());
        expect(calibrated).not.toContain(pair.toLowerCase());
      }
  });
});
