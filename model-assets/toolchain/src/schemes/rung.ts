/** The ladder of int8: ways to store and compute a model with weights of 8 bits. See stages/ADR-int8.md. */
import type { SchemeName } from '@pilotlight/model-format';
import type { OnnxModel } from '../graph/onnx.ts';
import { optimise } from '../stages/optimise.ts';
import {
  type ActivationForm,
  type BlockSize,
  quantiseCalibrated,
  quantiseInBlocks,
  storeWeights,
} from '../stages/quantise.ts';
import type { BuildContext, BuiltGraph, QuantiseSettings, SchemeRung } from './scheme.ts';

/** One way to store and compute a model in int8: a step of the ladder, which needs no goldens. */
export interface Rung extends SchemeRung {
  build(source: OnnxModel, context: RungContext): Promise<BuiltGraph>;
}

export type RungContext = Pick<BuildContext, 'settings' | 'progress' | 'scratch' | 'calibration'>;

/** Products whose scales are chosen on the calibration texts. */
function calibrated(form: ActivationForm): Rung['build'] {
  return async (source, { settings, progress, scratch, calibration }) => {
    const { keep, equalise = true } = settings;
    const common = { keep, equalise, limit: limitOf(settings), calibration: await calibration(), scratch };
    const { layers, ...quantised } = await progress.stage('calibrate', (report) =>
      quantiseCalibrated(source, form, { ...common, report }),
    );
    const model = await progress.stage('optimise int8', () => optimise(source, { scratch }));
    return { model, quantised, layers };
  };
}

function inBlocks(size: BlockSize): Rung['build'] {
  return async (source, { settings, progress, scratch }) => {
    const quantised = await progress.stage('quantise', async () =>
      quantiseInBlocks(source, size, { keep: settings.keep, limit: limitOf(settings) }),
    );
    const model = await progress.stage('optimise int8', () => optimise(source, { scratch }));
    return { model, quantised };
  };
}

/** Weights become integers last: the optimiser would turn them back into floating-point numbers. */
const storeOnly: Rung['build'] = async (source, { settings, progress, scratch }) => {
  const model = await progress.stage('optimise int8', () => optimise(source, { scratch }));
  const quantised = await progress.stage('quantise', async () => storeWeights(model, settings.keep));
  return { model, quantised };
};

/** Sums of products of 255 by 63 do not saturate in 16 bits, in which x86 without VNNI adds pairs of them. */
function limitOf({ reduceRange }: QuantiseSettings): 63 | 127 {
  return reduceRange ? 63 : 127;
}

/** The rungs, the fastest first. */
export const INT8_RUNGS: readonly Rung[] = [
  {
    scheme: 'int8-static',
    sevenBits: 'int8-static-7bit',
    title: 'static, equalised',
    build: calibrated('static'),
  },
  {
    scheme: 'int8-static-rows',
    sevenBits: 'int8-static-rows-7bit',
    title: 'static, equalised, per row where it pays',
    build: calibrated('mixed'),
  },
  {
    scheme: 'int8-rows',
    sevenBits: 'int8-rows-7bit',
    title: 'per row, equalised',
    build: calibrated('rows'),
  },
  { scheme: 'int8-blocks-64', title: 'blocks of 64', build: inBlocks(64) },
  { scheme: 'int8-blocks-32', title: 'blocks of 32', build: inBlocks(32) },
  { scheme: 'int8-weights', title: 'weights only', build: storeOnly },
];

/** The name that a rung has in the manifest with these settings. */
export function schemeOf(
  { scheme, sevenBits }: SchemeRung,
  { reduceRange }: Pick<QuantiseSettings, 'reduceRange'>,
): SchemeName {
  return (reduceRange ? sevenBits : undefined) ?? scheme;
}
