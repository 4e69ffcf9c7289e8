/** An existing ONNX export with its config.json and tokenizer.json, as optimum and torch.onnx write them. */

import { basename, dirname, join } from 'node:path/posix';
import { TASK_FACTS } from '@pilotlight/model-format';
import { ToolchainError } from '../errors.ts';
import { loadModel } from '../graph/external.ts';
import { findQuantisation } from '../graph/quantised.ts';
import { liftConstants, nameWeights } from '../graph/tidy.ts';
import { widen } from '../graph/widen.ts';
import type { SourceFolder } from './folder.ts';
import { type HuggingFaceConfig, labelsFor, readConfig, taskFor } from './hugging-face.ts';
import { chooseExport, listExports } from './onnx-files.ts';
import { mapInputs } from './onnx-inputs.ts';
import { mapOutputs } from './onnx-outputs.ts';
import type { ModelSource, SourceOptions, SourceReader } from './source.ts';
import { readTaskDefaults } from './task-defaults.ts';
import { readTokenizer } from './tokenizer.ts';

/** DynamicQuantizeLinear, which the int8 variant needs, came with operator set 11. */
const MINIMUM_OPSET = 11;

export const onnxExportReader: SourceReader = {
  claim: (folder) => (listExports(folder).length === 0 ? undefined : 'readable'),
  read: readOnnxExport,
};

/** Throws GRAPH_INVALID, SOURCE_INVALID or SOURCE_UNSUPPORTED, saying what of the export does not fit. */
async function readOnnxExport(folder: SourceFolder, options: SourceOptions): Promise<ModelSource> {
  const exports = listExports(folder);
  const file = options.file ?? chooseExport(exports);
  if (file === undefined) throw new ToolchainError('SOURCE_NOT_FOUND', `'${folder.name}' has no model.onnx.`);
  const config = readConfig(folder);
  const { model } = loadModel(folder.use(file), (location) => folder.use(join(dirname(file), location)));
  refuseOldOpset(model.opsetImport.find(({ domain }) => domain === '')?.version ?? 0);
  const task = taskFor(folder, config, options.task);
  const labels = labelsFor(TASK_FACTS[task].head, config);
  const { graph } = model;
  liftConstants(graph);
  nameWeights(graph);
  const half = widen(graph);
  const inputs = mapInputs(model);
  const { output, pooling } = options;
  const choice = { task, labels: labels.length, output, pools: pooling !== undefined };
  const { outputs, notes } = mapOutputs(graph, choice);
  const precision = findQuantisation(graph) ?? half;
  return {
    kind: 'onnx',
    id: folder.name,
    task,
    labels,
    taskDefaults: readTaskDefaults(folder, config, task, labels),
    model,
    ...(precision && { precision }),
    inputs,
    outputs,
    tokenizer: readTokenizer(folder, config, {
      positions: countPositions(config),
      rows: config.vocab_size ?? undefined,
    }),
    readme: folder.text('README.md'),
    notes: [...noteOnFile(file, exports), ...noteOnPrecision(file, precision), ...notes],
    files: folder.sums(),
  };
}

function noteOnFile(file: string, exports: readonly string[]): string[] {
  const others = exports.filter((name) => name !== file);
  if (others.length === 0 || basename(file) === 'model.onnx') return [];
  return [`${file} is taken; --file takes another of ${others.join(', ')}`];
}

function noteOnPrecision(file: string, precision: ModelSource['precision']): string[] {
  if (precision === undefined) return [];
  if (precision === 'fp16' || precision === 'bf16') {
    return [
      `${file} has weights in ${precision}, which are read as fp32 without a loss; --variants fp16 keeps them at their size, for GPUs`,
    ];
  }
  return [
    `${file} is quantised already, to ${precision}: it is packaged as it is, and its goldens are its own answers, not those of fp32`,
  ];
}

/** Families whose positions begin after the id of the padding, so that the table has more rows than a text tokens. */
const OFFSET_POSITIONS: ReadonlySet<string> = new Set([
  ...['roberta', 'xlm-roberta', 'xlm-roberta-xl', 'roberta-prelayernorm', 'camembert', 'mpnet', 'longformer'],
  ...['data2vec-text', 'ibert', 'luke', 'xmod', 'esm'],
]);

function countPositions({ model_type, max_position_embeddings, pad_token_id }: HuggingFaceConfig) {
  if (!max_position_embeddings || !OFFSET_POSITIONS.has(model_type))
    return max_position_embeddings ?? undefined;
  return max_position_embeddings - (pad_token_id ?? 1) - 1;
}

function refuseOldOpset(opset: number): void {
  if (opset >= MINIMUM_OPSET) return;
  throw new ToolchainError(
    'SOURCE_UNSUPPORTED',
    `The export has operator set ${opset}; export it again with ${MINIMUM_OPSET} or later.`,
  );
}
