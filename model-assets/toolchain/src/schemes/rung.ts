/** The ladder of int8: ways to store and compute a model with weights of 8 bits. See stages/ADR-int8.md. */
import type { SchemeName } from '@pilotlight/model-format';
import type { OnnxModel } from '../graph/onnx.ts';
import { optimise } from '../stages/optimise.ts';
import { quantise } from '../stages/quantise.ts';
import type { BuildContext, BuiltGraph, QuantiseSettings } from './scheme.ts';

/** One way to store and compute a model in int8: a step of the ladder. */
export interface Rung {
  /** Its name in the manifest. */
  readonly scheme: SchemeName;
  /** Its name in the manifest with weights of seven bits. @default - it has no such form: its sums cannot saturate */
  readonly sevenBits?: SchemeName;
  /** For tables: 'static, equalised'. */
  readonly title: string;
  /** `source` is the graph of the source, which may be changed. */
  build(source: OnnxModel, context: RungContext): Promise<BuiltGraph>;
}

export type RungContext = Pick<BuildContext, 'settings' | 'progress' | 'scratch' | 'calibration'>;

const dynamic: Rung = {
  scheme: 'int8-dynamic-per-channel',
  sevenBits: 'int8-dynamic-per-channel-7bit',
  title: 'dynamic, a scale a tensor',
  build: async (source, { settings, progress, scratch }) => {
    const quantised = await progress.stage('quantise', async () => quantise(source, settings));
    const model = await progress.stage('optimise int8', () => optimise(source, { scratch }));
    return { model, quantised };
  },
};

/** The rungs, the fastest first. */
export const INT8_RUNGS: readonly Rung[] = [dynamic];

/** The name that a rung has in the manifest with these settings. */
export function schemeOf(
  { scheme, sevenBits }: Rung,
  { reduceRange }: Pick<QuantiseSettings, 'reduceRange'>,
): SchemeName {
  return (reduceRange ? sevenBits : undefined) ?? scheme;
}
