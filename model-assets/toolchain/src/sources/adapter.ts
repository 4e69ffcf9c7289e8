/** A LoRA adapter of PEFT, adapter_config.json and adapter_model.safetensors, over the checkpoint that it was trained on. */
import { ToolchainError } from '../errors.ts';
import { architectureFor } from '../graph/architectures.ts';
import { ADAPTER_CONFIG, type AdapterConfig, headOf, readAdapterConfig } from './adapter-config.ts';
import { AdapterWeights } from './adapter-weights.ts';
import { buildSource } from './build-source.ts';
import { SourceFolder } from './folder.ts';
import { downloadCommand } from './hub.ts';
import { type HuggingFaceConfig, readConfig } from './hugging-face.ts';
import { refusePickles } from './pickles.ts';
import { hasSafetensors, Safetensors } from './safetensors.ts';
import { SafetensorsFile } from './safetensors-file.ts';
import type { ModelSource, SourceOptions, SourceReader } from './source.ts';

const WEIGHTS_FILE = 'adapter_model.safetensors';

export const adapterReader: SourceReader = {
  takesBase: true,
  claim(folder) {
    if (!folder.has(ADAPTER_CONFIG)) return undefined;
    return folder.has(WEIGHTS_FILE) || !hasSafetensors(folder) ? 'readable' : undefined;
  },
  read: readAdapter,
};

/** Throws SOURCE_INVALID without a base, and otherwise as a checkpoint does. */
async function readAdapter(adapter: SourceFolder, options: SourceOptions): Promise<ModelSource> {
  if (hasSafetensors(adapter)) {
    throw new ToolchainError(
      'SOURCE_INVALID',
      `'${adapter.name}' has a whole model and an adapter. Take the files of one of the two away, model.safetensors or ${ADAPTER_CONFIG}.`,
    );
  }
  const base = options.base === undefined ? undefined : new SourceFolder(options.base);
  const folder = base === undefined ? adapter : adapter.over(base);
  const adapterConfig = readAdapterConfig(folder);
  if (base === undefined) throw baseMissing(adapter, adapterConfig);
  if (!adapter.has(WEIGHTS_FILE)) refusePickles(adapter);
  if (!hasSafetensors(base)) throw noWeights(base);
  const config = readConfig(folder);
  const opened: { close(): void }[] = [];
  try {
    const added = new SafetensorsFile(folder.use(WEIGHTS_FILE));
    opened.push(added);
    const weights = new Safetensors(folder);
    opened.push(weights);
    const merged = new AdapterWeights(weights, added, adapterConfig);
    const source = buildSource(
      folder,
      trainedAs(config, adapterConfig, merged.countLabels()),
      merged,
      options,
    );
    const { base_model_name_or_path: name } = adapterConfig;
    const note = `the adapter is merged into '${base.name}'${name ? `; it was trained on '${name}'` : ''}`;
    return { ...source, notes: [note, ...source.notes] };
  } finally {
    for (const file of opened) file.close();
  }
}

/** The configuration of the base, with the head that the adapter brings. */
function trainedAs(
  config: HuggingFaceConfig,
  adapter: AdapterConfig,
  labels: number | undefined,
): HuggingFaceConfig {
  const head = headOf(adapter);
  const { heads } = architectureFor(config.model_type);
  const name = Object.keys(heads).find((each) => heads[each] === head);
  const named = Object.keys(config.id2label ?? {}).length;
  return {
    ...config,
    ...(name !== undefined && { architectures: [name] }),
    ...(labels !== undefined && labels !== named && { id2label: undefined, num_labels: labels }),
  };
}

function noWeights(base: SourceFolder): ToolchainError {
  refusePickles(base);
  return new ToolchainError(
    'SOURCE_NOT_FOUND',
    `The base '${base.name}' has no model.safetensors that the adapter could be merged into.`,
  );
}

function baseMissing(
  adapter: SourceFolder,
  { base_model_name_or_path: name }: AdapterConfig,
): ToolchainError {
  const download = downloadCommand(name ?? '');
  const fetch = download === undefined ? '' : `fetch it with '${download.command}', and `;
  return new ToolchainError(
    'SOURCE_INVALID',
    `'${adapter.name}' is a LoRA adapter, which is merged into the model that it was trained on${name ? `, '${name}'` : ''}: ` +
      `${fetch}name its folder with --base.`,
  );
}
