/** Opens graphs of 8-bit products so that their sums are exact on every processor. See ADR-precision.md. */
import * as ort from 'onnxruntime-node';
import type { SessionOptions } from '../ports.ts';
import { sumsSaturate } from './saturation-trial.ts';
import { writeUnsignedCopy } from './unsigned-copy.ts';

/**
 * Every transformer of ONNX Runtime 1.30 up to the level 'extended' but the one that is wanted, `Avx2WeightS8ToU8Transformer`: a
 * graph is optimised when it is packaged. A test holds this list to those that run.
 */
const OTHER_TRANSFORMERS = [
  'AttentionFusion',
  'BiasDropoutFusion',
  'BiasGeluFusion',
  'BiasSkipLayerNormFusion',
  'BiasSoftmaxFusion',
  'CommonSubexpressionElimination',
  'ConstantFolding',
  'ConstantSharing',
  'ConvActivationFusion',
  'DoubleQDQPairsRemover',
  'DynamicQuantizeMatMulFusion',
  'EmbedLayerNormFusion',
  'EnsureUniqueDQForNodeUnit',
  'FastGeluFusion',
  'FreeDimensionOverrideTransformer',
  'GatherSliceToSplitFusion',
  'GatherToSliceFusion',
  'GeluFusionL1',
  'GeluFusionL2',
  'GemmActivationFusion',
  'GroupQueryAttentionFusion',
  'GroupQueryAttentionPreNormFusion',
  'LayerNormFusionL1',
  'LayerNormFusionL2',
  'Level1_RuleBasedTransformer',
  'Level2_RuleBasedTransformer',
  'MatMulActivationFusion',
  'MatMulAddFusion',
  'MatMulIntegerToFloatFusion',
  'MatMulNBitsFusion',
  'MatMulScaleFusion',
  'MatmulTransposeFusion',
  'QDQFinalCleanupTransformer',
  'QDQPropagationTransformer',
  'QDQS8ToU8Transformer',
  'QDQSelectorActionTransformer',
  'QuickGeluFusion',
  'ReshapeFusion',
  'SimplifiedLayerNormFusion',
  'SkipLayerNormFusion',
  'SliceConcatToSpaceToDepthFusion',
  'TransposeOptimizer',
  'TransposeOptimizer_CPUExecutionProvider',
  'WeightBiasQuantization',
  'WhereDummyDq',
];

/** The words of ONNX Runtime where two products have the same weights, for which its transformer has but one name. */
const SHARED_WEIGHTS = /attempt to replace the existing tensor/i;

/**
 * Opens a graph with `native`. Where products of integers saturate, their weights are made unsigned while it is opened: the same
 * integers with a zero point of 128, so that products have the same bits as on processors with VNNI. Weights of 7 bits do not
 * saturate and stay as they are.
 *
 * @throws what ONNX Runtime throws, and EngineError SESSION_FAILED
 */
export async function openExact(
  file: string,
  native: ort.InferenceSession.SessionOptions,
  { sumsMaySaturate = false, executionProvider = 'cpu' }: SessionOptions,
  saturates: () => Promise<boolean> = sumsSaturate,
): Promise<ort.InferenceSession> {
  if (!sumsMaySaturate || executionProvider !== 'cpu' || !(await saturates())) {
    return ort.InferenceSession.create(file, native);
  }
  const copy = writeUnsignedCopy(file);
  try {
    if (copy) return await ort.InferenceSession.create(copy.file, native);
    return await ort.InferenceSession.create(file, unsignedWeights(native));
  } catch (cause) {
    if (!(cause instanceof Error && SHARED_WEIGHTS.test(cause.message))) throw cause;
    process.emitWarning(
      `Products of ${file} have the same weights, which ONNX Runtime cannot make unsigned. Their sums saturate on this processor, which lacks VNNI: package the model with --reduce-range.`,
      'PilotlightWarning',
    );
    return ort.InferenceSession.create(file, native);
  } finally {
    copy?.remove();
  }
}

/** The same session, whose 8-bit weights are made unsigned as it is created; nothing else of the graph is changed. */
export function unsignedWeights(
  native: ort.InferenceSession.SessionOptions,
): ort.InferenceSession.SessionOptions {
  return {
    ...native,
    graphOptimizationLevel: 'extended',
    extra: {
      ...native.extra,
      session: Object.assign({}, native.extra?.session, { x64quantprecision: '1' }),
      optimization: { disable_specified_optimizers: OTHER_TRANSFORMERS.join(';') },
    },
  };
}
