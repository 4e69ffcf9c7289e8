/** An existing ONNX export with its config.json and tokenizer.json, as optimum and torch.onnx write them. */

import { dirname, join } from 'node:path/posix';
import { TASK_FACTS } from '@pilotlight/model-format';
import { ToolchainError } from '../errors.ts';
import { loadModel } from '../graph/external.ts';
import type { SourceFolder } from './folder.ts';
import { type HuggingFaceConfig, labelsFor, readConfig, taskFor } from './hugging-face.ts';
import { mapInputs, mapOutputs } from './onnx-roles.ts';
import type { ModelSource, SourceOptions, SourceReader } from './source.ts';
import { readTaskDefaults } from './task-defaults.ts';
import { readTokenizer } from './tokenizer.ts';

/** DynamicQuantizeLinear, which the int8 variant needs, came with operator set 11. */
const MINIMUM_OPSET = 11;

export const onnxExportReader: SourceReader = {
  claim: (folder) => (findExport(folder) === undefined ? undefined : 'readable'),
  read: readOnnxExport,
};

/** Path of the export in the folder: model.onnx, onnx/model.onnx, or the only .onnx file in it. */
function findExport(folder: SourceFolder): string | undefined {
  const usual = ['model.onnx', 'onnx/model.onnx'].find((file) => folder.has(file));
  if (usual !== undefined) return usual;
  const files = folder.list().filter((file) => file.endsWith('.onnx'));
  return files.length === 1 ? files[0] : undefined;
}

/** Throws GRAPH_INVALID, SOURCE_INVALID or SOURCE_UNSUPPORTED, saying what of the export does not fit. */
async function readOnnxExport(folder: SourceFolder, options: SourceOptions): Promise<ModelSource> {
  const file = findExport(folder);
  if (file === undefined) throw new ToolchainError('SOURCE_NOT_FOUND', `'${folder.name}' has no model.onnx.`);
  const config = readConfig(folder);
  const { model, weights } = loadModel(folder.use(file));
  for (const external of weights) folder.use(join(dirname(file), external));
  refuseOldOpset(model.opsetImport.find(({ domain }) => domain === '')?.version ?? 0);
  const task = taskFor(folder, config, options.task);
  const labels = labelsFor(TASK_FACTS[task].head, config);
  const inputs = mapInputs(model);
  const outputs = mapOutputs(model.graph, task, labels.length);
  return {
    kind: 'onnx',
    id: folder.name,
    task,
    labels,
    taskDefaults: readTaskDefaults(folder, config, task, labels),
    model,
    inputs,
    outputs,
    tokenizer: readTokenizer(folder, config, {
      positions: countPositions(config),
      rows: config.vocab_size ?? undefined,
    }),
    readme: folder.text('README.md'),
    notes: [],
    files: folder.sums(),
  };
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
