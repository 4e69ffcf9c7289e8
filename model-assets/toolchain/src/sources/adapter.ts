/** A LoRA adapter of PEFT, adapter_config.json and adapter_model.safetensors or .bin, over the checkpoint that it was trained on. */
import { TASK_FACTS } from '@pilotlight/model-format';
import { ToolchainError } from '../errors.ts';
import type { Head } from '../graph/architecture.ts';
import { architectureFor } from '../graph/architectures.ts';
import { TorchFile } from '../torch/torch-file.ts';
import {
  ADAPTER_CONFIG,
  ADAPTER_WEIGHTS,
  type AdapterConfig,
  headOf,
  readAdapterConfig,
} from './adapter-config.ts';
import { AdapterWeights } from './adapter-weights.ts';
import { buildSource } from './build-source.ts';
import { SourceFolder } from './folder.ts';
import { type HuggingFaceConfig, readConfig } from './hugging-face.ts';
import { refusePickles } from './pickles.ts';
import { guessHubAddress } from './remote/hub/hub-address.ts';
import { SafetensorsFile } from './safetensors-file.ts';
import type { ModelSource, SourceOptions, SourceReader } from './source.ts';
import { hasWeights, WeightFiles, type WeightsFile } from './weight-files.ts';

const WEIGHTS: readonly { readonly file: string; open(path: string): WeightsFile }[] = [
  { file: ADAPTER_WEIGHTS[0], open: (path) => new SafetensorsFile(path) },
  { file: ADAPTER_WEIGHTS[1], open: (path) => new TorchFile(path) },
];

const findWeights = (folder: SourceFolder) => WEIGHTS.find(({ file }) => folder.has(file));

export const adapterReader: SourceReader = {
  takesBase: true,
  claim(folder) {
    if (!folder.has(ADAPTER_CONFIG)) return undefined;
    return findWeights(folder) !== undefined || !hasWeights(folder) ? 'readable' : undefined;
  },
  read: readAdapter,
};

/** Throws SOURCE_INVALID without a base, and otherwise as a checkpoint does. */
async function readAdapter(adapter: SourceFolder, options: SourceOptions): Promise<ModelSource> {
  if (hasWeights(adapter)) {
    throw new ToolchainError(
      'SOURCE_INVALID',
      `'${adapter.name}' has a whole model and an adapter. Take the files of one of the two away, those of the weights or ${ADAPTER_CONFIG}.`,
    );
  }
  const base = options.base === undefined ? undefined : new SourceFolder(options.base);
  const folder = base === undefined ? adapter : adapter.over(base);
  const adapterConfig = readAdapterConfig(folder);
  if (base === undefined) throw baseMissing(adapter, adapterConfig);
  const format = findWeights(adapter);
  if (format === undefined) throw noAdapter(adapter);
  if (!hasWeights(base)) throw noWeights(base);
  const config = readConfig(folder);
  const opened: { close(): void }[] = [];
  try {
    const added = format.open(folder.use(format.file));
    opened.push(added);
    const weights = new WeightFiles(folder);
    opened.push(weights);
    const merged = new AdapterWeights(weights, added, adapterConfig);
    const labels = merged.countLabels();
    const head = headOf(adapterConfig) ?? headAsked(options, labels);
    const source = buildSource(folder, trainedAs(config, head, labels), merged, options);
    if (source.task === 'fill-mask' && merged.changesEmbeddings()) throw tiedEmbeddings();
    const { base_model_name_or_path: name } = adapterConfig;
    const note = `the adapter is merged into '${base.name}'${name ? `; it was trained on '${name}'` : ''}`;
    return { ...source, notes: [note, ...source.notes] };
  } finally {
    for (const file of opened) file.close();
  }
}

/** The head of an adapter that does not say what it was trained for. Throws SOURCE_INVALID where its classifier would be lost. */
function headAsked({ task }: SourceOptions, labels: number | undefined): Head | undefined {
  if (task !== undefined) return TASK_FACTS[task].head;
  if (labels === undefined) return undefined;
  throw new ToolchainError(
    'SOURCE_INVALID',
    `${ADAPTER_CONFIG} has no task_type, and the adapter holds a classifier: say which --task it is for.`,
  );
}

/** The configuration of the base, with the head that the adapter brings. */
function trainedAs(
  config: HuggingFaceConfig,
  head: Head | undefined,
  labels: number | undefined,
): HuggingFaceConfig {
  const { heads } = architectureFor(config.model_type);
  const name = Object.keys(heads).find((each) => heads[each] === head);
  const named = Object.keys(config.id2label ?? {}).length;
  return {
    ...config,
    ...(name !== undefined && { architectures: [name] }),
    ...(labels !== undefined && labels !== named && { id2label: undefined, num_labels: labels }),
  };
}

/** PEFT adapts the embeddings and not the decoder that shares their weights; in one graph there is one of them. */
function tiedEmbeddings(): ToolchainError {
  return new ToolchainError(
    'SOURCE_UNSUPPORTED',
    'The adapter changes the embeddings of a model that fills masks, which decodes with them too: that is not supported.',
  );
}

function noAdapter(adapter: SourceFolder): ToolchainError {
  refusePickles(adapter);
  return new ToolchainError('SOURCE_NOT_FOUND', `'${adapter.name}' has no adapter_model.safetensors.`);
}

function noWeights(base: SourceFolder): ToolchainError {
  refusePickles(base);
  return new ToolchainError(
    'SOURCE_NOT_FOUND',
    `The base '${base.name}' has neither model.safetensors nor pytorch_model.bin that the adapter could be merged into.`,
  );
}

function baseMissing(
  adapter: SourceFolder,
  { base_model_name_or_path: name }: AdapterConfig,
): ToolchainError {
  const address = guessHubAddress(name ?? '');
  const fetch = address === undefined ? '' : `add --base ${address}, or `;
  return new ToolchainError(
    'SOURCE_INVALID',
    `'${adapter.name}' is a LoRA adapter, which is merged into the model that it was trained on${name ? `, '${name}'` : ''}: ` +
      `${fetch}name its folder with --base.`,
  );
}
