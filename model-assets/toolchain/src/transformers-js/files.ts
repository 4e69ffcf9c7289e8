/** Chooses the files of a model folder that transformers.js reads. */
import type { TransformersJsDtype, TransformersJsTaskName } from '@pilotlight/engine';
import { TRANSFORMERS_JS_DTYPES, TRANSFORMERS_JS_TASKS } from '@pilotlight/model-format';
import { ToolchainError } from '../errors.ts';
import type { SourceFolder } from '../sources/folder.ts';

/** The suffixes that transformers.js puts between the name of a graph and `.onnx`. */
const SUFFIXES: Readonly<Record<TransformersJsDtype, string>> = {
  fp32: '',
  fp16: '_fp16',
  q8: '_quantized',
  int8: '_int8',
  uint8: '_uint8',
  q4: '_q4',
  q4f16: '_q4f16',
  bnb4: '_bnb4',
};
/** `model_q4.onnx`, and `model_q4.onnx_data_1` where its weights are beside it. */
const GRAPH =
  /^(?<name>.+?)(?<suffix>_(?:fp16|quantized|int8|uint8|q4|q4f16|bnb4))?\.onnx(?:_data(?:_\d+)?)?$/;
/** Configurations, vocabularies and merges; nothing that a loader would run. */
const CONFIGURATION = /\.(?:json|txt|model|jinja)$/;

export interface PipelineFiles {
  readonly dtype: TransformersJsDtype;
  readonly files: readonly string[];
}

/**
 * The files of one dtype, by default `q8` where the folder has it, else `fp32`.
 *
 * @throws ToolchainError SOURCE_INVALID with the file that is missing
 */
export function pipelineFiles(
  folder: Pick<SourceFolder, 'list'>,
  task: TransformersJsTaskName,
  wanted: TransformersJsDtype | undefined,
): PipelineFiles {
  const graphs = folder.list('onnx').flatMap((file) => {
    const { suffix = '' } = GRAPH.exec(file)?.groups ?? {};
    return GRAPH.test(file) ? [{ file: `onnx/${file}`, suffix }] : [];
  });
  const has = (dtype: TransformersJsDtype) => graphs.some(({ suffix }) => suffix === SUFFIXES[dtype]);
  const dtype = wanted ?? (has('q8') ? 'q8' : 'fp32');
  if (!has(dtype)) {
    const there = TRANSFORMERS_JS_DTYPES.filter(has);
    throw invalid(
      `the folder onnx/ has no graph of dtype ${dtype}; there are: ${there.join(', ') || 'none'}`,
    );
  }
  const configurations = folder.list().filter((file) => CONFIGURATION.test(file));
  for (const file of requiredFor(task)) {
    if (!configurations.includes(file)) throw invalid(`${file} is missing`);
  }
  const chosen = graphs.filter(({ suffix }) => suffix === SUFFIXES[dtype]).map(({ file }) => file);
  return { dtype, files: [...configurations, ...chosen] };
}

function requiredFor(task: TransformersJsTaskName): readonly string[] {
  const { input } = TRANSFORMERS_JS_TASKS[task];
  return ['config.json', input === 'text' ? 'tokenizer.json' : 'preprocessor_config.json'];
}

function invalid(reason: string): ToolchainError {
  return new ToolchainError(
    'SOURCE_INVALID',
    `This is no model folder of transformers.js: ${reason}. It is laid out as on the Hugging Face Hub.`,
  );
}
