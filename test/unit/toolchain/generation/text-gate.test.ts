import type { TextJudgement } from '@pilotlight/model-format';
import { describe, expect, it } from 'vitest';
import { missedDemands } from '../../../../model-assets/toolchain/src/generation/package/text-gate.ts';

const judgement: TextJudgement = {
  ...{ texts: 16, tokenAgreement: 0.99, chrF: 90 },
  perplexity: { fp32: 2, served: 2.01 },
};

describe('the gate of texts', () => {
  it('lets a variant pass that chooses the tokens of fp32', () => {
    expect(missedDemands(judgement, 'fast')).toEqual([]);
    expect(missedDemands(judgement, 'best')).toEqual([]);
  });

  it('names each demand that is missed, with its figure', () => {
    const poor = { texts: 16, tokenAgreement: 0.9, chrF: 40, perplexity: { fp32: 2, served: 3 } };
    expect(missedDemands(poor, 'fast')).toEqual([
      'token agreement 0.900 of at least 0.95',
      '1.500 times the perplexity of fp32, of at most 1.05',
      'chrF 40.0 of at least 60',
    ]);
  });

  it('asks for more at the level best', () => {
    const fair = { ...judgement, tokenAgreement: 0.96 };
    expect([missedDemands(fair, 'fast'), missedDemands(fair, 'best')]).toEqual([
      [],
      [expect.stringContaining('0.98')],
    ]);
  });

  it('lets nothing pass whose perplexity is no number', () => {
    expect(missedDemands({ ...judgement, perplexity: { fp32: 2, served: Number.NaN } }, 'fast')).toHaveLength(
      1,
    );
  });
});
