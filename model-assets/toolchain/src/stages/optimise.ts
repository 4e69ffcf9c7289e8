/** Offline graph optimisation by ONNX Runtime, so that serving loads a graph that is ready to run. */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { env, InferenceSession } from 'onnxruntime-node';
import { ToolchainError } from '../errors.ts';
import { loadModel, saveModel } from '../graph/external.ts';
import type { OnnxModel } from '../graph/onnx.ts';
import { graphsIn } from '../graph/walk.ts';

/** Version of the runtime that optimises, and that packages are tested with. */
export const RUNTIME_VERSION = env.versions.common;

const OPTIMISED_WEIGHTS = 'optimised.bin';

export interface OptimiseOptions {
  /** Folder for what the runtime reads and writes, which its owner removes: the weights of the result stay in it. */
  readonly scratch: string;
  /** Level `basic` makes standard operators alone, which any execution provider may fuse in its own way. @default 'extended' */
  readonly level?: 'basic' | 'extended';
  /** Whether constants are computed ahead, even where that makes them larger. @default true */
  readonly folds?: boolean;
}

/**
 * Gives the optimised graph of a model: constants folded, operators fused. The same model gives the same result.
 *
 * The usual level is `extended`. `all` would add layouts that depend on the instruction set of this machine, and a
 * package is served on others. SkipLayerNormFusion is left out because what it makes is slower than what it
 * replaces; see graph/ADR-fast-graph.md. Throws OPTIMISE_FAILED when the runtime refuses the model.
 */
export async function optimise(
  model: OnnxModel,
  { scratch, level = 'extended', folds = true }: OptimiseOptions,
): Promise<OnnxModel> {
  const folder = mkdtempSync(join(scratch, 'optimised-'));
  const source = join(folder, 'source.onnx');
  const weights = join(folder, 'source.bin');
  const target = join(folder, 'optimised.onnx');
  saveModel(model, source, weights);
  await runOptimiser(source, target, level, folds ? [] : ['ConstantFolding']);
  for (const file of [source, weights]) rmSync(file, { force: true });
  const { model: optimised } = loadModel(target);
  keepUsedOperatorSets(optimised);
  keepOneOfEach(optimised);
  return optimised;
}

async function runOptimiser(
  source: string,
  target: string,
  level: 'basic' | 'extended',
  without: readonly string[],
): Promise<void> {
  try {
    const session = await InferenceSession.create(source, {
      executionProviders: ['cpu'],
      graphOptimizationLevel: level,
      optimizedModelFilePath: target,
      intraOpNumThreads: 1,
      logSeverityLevel: 3,
      extra: {
        optimization: { disable_specified_optimizers: ['SkipLayerNormFusion', ...without].join(';') },
        session: {
          disable_prepacking: '1',
          optimized_model_external_initializers_file_name: OPTIMISED_WEIGHTS,
          optimized_model_external_initializers_min_size_in_bytes: '1024',
        },
      },
    });
    await session.release();
  } catch (cause) {
    throw new ToolchainError('OPTIMISE_FAILED', `ONNX Runtime refuses the graph: ${reason(cause)}`, {
      cause,
    });
  }
}

function reason(cause: unknown): string {
  return (cause instanceof Error ? cause.message : String(cause)).trim();
}

/** The runtime declares every operator set that it knows; a package declares those that it needs. */
function keepUsedOperatorSets(model: OnnxModel): void {
  const used = new Set(['', ...model.graph.node.map((node) => node.domain)]);
  model.opsetImport = model.opsetImport.filter(({ domain }) => used.has(domain));
}

/** The runtime writes the initialisers of graphs inside of nodes twice, and then refuses what it has written. */
function keepOneOfEach(model: OnnxModel): void {
  for (const graph of graphsIn(model.graph)) {
    graph.initializer = [...new Map(graph.initializer.map((tensor) => [tensor.name, tensor])).values()];
  }
}
