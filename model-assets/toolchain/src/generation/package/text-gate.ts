/** The quality that a variant must have whose texts are compared with those of fp32. See ADR-text-gate.md. */
import type { TextJudgement } from '@pilotlight/model-format';
import type { QualityLevel } from '../../options.ts';

interface Limits {
  /** Least share of tokens that are the first choice of both where both follow the text of fp32. */
  readonly tokenAgreement: number;
  /** How many times the perplexity of fp32 that of the variant may be. */
  readonly perplexity: number;
  /** Least chrF of its own texts. One other token early on changes all that follow, so it weighs least. */
  readonly chrF: number;
}

const LIMITS: Readonly<Record<QualityLevel, Limits>> = {
  fast: { tokenAgreement: 0.95, perplexity: 1.05, chrF: 60 },
  best: { tokenAgreement: 0.98, perplexity: 1.02, chrF: 75 },
};

/** What a variant misses, with figures: `token agreement 0.91 of at least 0.95`. It passes where that is nothing. */
export function missedDemands(
  { tokenAgreement, perplexity, chrF }: TextJudgement,
  level: QualityLevel,
): readonly string[] {
  const limits = LIMITS[level];
  const ratio = perplexity.served / perplexity.fp32;
  return [
    ...(tokenAgreement >= limits.tokenAgreement
      ? []
      : [`token agreement ${tokenAgreement.toFixed(3)} of at least ${limits.tokenAgreement}`]),
    ...(ratio <= limits.perplexity
      ? []
      : [`${ratio.toFixed(3)} times the perplexity of fp32, of at most ${limits.perplexity}`]),
    ...(chrF >= limits.chrF ? [] : [`chrF ${chrF.toFixed(1)} of at least ${limits.chrF}`]),
  ];
}
