/** What climbing a ladder has found, for people and programs to read. */
import { type Judgement, type SchemeName, sumOfBytes, type Variant } from '@pilotlight/model-format';
import type { QualityLevel } from '../options.ts';
import type { VariantName } from '../schemes/index.ts';
import { type Attempt, isGoodEnough, titleOf } from './climb.ts';

/** One attempt to build a variant. */
export interface RungReport {
  readonly scheme: SchemeName;
  /** Its name in words: `static, equalised, 2 layers in fp32`. */
  readonly title: string;
  readonly bytes: number;
  /** How many times as fast as fp32 it is. @default - not measured */
  readonly speedup?: number | undefined;
  /** What it loses against fp32. */
  readonly judgement: Judgement;
  readonly passes: boolean;
}

/** The attempts for one variant. */
export interface LadderReport {
  readonly variant: VariantName;
  readonly quality: QualityLevel;
  /** Bytes of the fp32 variant that it is compared with. */
  readonly fp32Bytes: number;
  readonly tried: readonly RungReport[];
  readonly taken: RungReport;
}

interface Found {
  readonly variant: VariantName;
  readonly level: QualityLevel;
  readonly taken: Attempt;
  readonly tried: readonly Attempt[];
  readonly fp32: Pick<Variant, 'files'> | undefined;
}

export function reportLadder({ variant, level, taken, tried, fp32 }: Found): LadderReport {
  const report = (attempt: Attempt): RungReport => {
    const { scheme, bytes, speedup, judgement } = attempt;
    return {
      ...{ scheme, title: titleOf(attempt), bytes, judgement, passes: isGoodEnough(attempt, level) },
      ...(speedup !== undefined && { speedup }),
    };
  };
  const fp32Bytes = sumOfBytes(fp32?.files ?? []);
  return { variant, quality: level, fp32Bytes, tried: tried.map(report), taken: report(taken) };
}
