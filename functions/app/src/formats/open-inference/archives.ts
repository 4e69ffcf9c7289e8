/** Models of AllenNLP archives in the Open Inference Protocol: the predictor's JSON, or the texts of a task, as BYTES. */
import { type ArchiveManifest, EngineError } from '@pilotlight/engine';
import { TASK_FACTS, TASKS } from '@pilotlight/model-format';
import { refuseField } from '../../http/request/parse.ts';
import { archiveTask } from '../allennlp/work.ts';
import type { InferTensor } from './request.ts';
import { listElements, readInputs } from './tensors.ts';

export interface ArchiveAsked {
  readonly inputs: unknown[];
  readonly task: ReturnType<typeof archiveTask>;
}

/**
 * The inputs of a call, one for each row, and the task that they are for: elements of a tensor of JSON, or objects of tensors that have the
 * names of the predictor's fields, else what the tensors are for a model of texts.
 *
 * @throws EngineError INVALID_INPUT with `field`, TASK_UNSUPPORTED
 */
export function readArchiveCall(
  tensors: readonly InferTensor[],
  manifest: ArchiveManifest,
  wanted: string | undefined,
): ArchiveAsked {
  const { name, example = {} } = manifest;
  if (tensors.some(({ datatype }) => datatype !== 'BYTES')) {
    throw new EngineError('TASK_UNSUPPORTED', `Model ${name} takes no tensors of tokens: send BYTES.`, {
      details: { model: name },
    });
  }
  const json = tensors.find(isJson);
  const byFields = tensors.every((tensor) => Object.hasOwn(example, tensor.name));
  const isPredictors = wanted === undefined || wanted === 'predictor';
  const inputs = json
    ? readJson(json, tensors)
    : readInputs(tensors, byFields && isPredictors ? Object.keys(example) : undefined);
  const named = !json && byFields && isPredictors ? 'predictor' : wanted;
  return { inputs, task: archiveTask(manifest, inputs, named) };
}

/** The tensors that `readArchiveCall` takes, each with the task that it is for. */
export function archiveTensors({ tasks, example = {} }: ArchiveManifest) {
  const bytes = (name: string, parameters: object) => ({ name, datatype: 'BYTES', shape: [-1], parameters });
  const named = tasks.flatMap((own) => {
    const task = TASKS.find((candidate) => candidate === own);
    const fields = own === 'question-answering' ? task && TASK_FACTS[task].jointFields : undefined;
    return (fields ?? ['text']).map((name) => bytes(name, { task: own }));
  });
  const fields = Object.keys(example).filter((name) => typeof example[name] === 'string');
  const all = [
    ...named,
    bytes('json', { task: 'predictor', content_type: 'json' }),
    ...fields.map((name) => bytes(name, { task: 'predictor' })),
  ];
  return all.filter(({ name }, i) => all.findIndex((tensor) => tensor.name === name) === i);
}

const isJson = ({ parameters, name }: InferTensor): boolean =>
  parameters?.content_type === 'json' || name === 'json';

function readJson(tensor: InferTensor, tensors: readonly InferTensor[]): unknown[] {
  const { name } = tensor;
  if (tensors.length > 1) throw refuseField(name, 'must be the only tensor, as it has whole inputs');
  return listElements(tensor).map((element, i) => {
    const field = `${name}[${i}]`;
    if (typeof element !== 'string') throw refuseField(field, 'must be a text');
    try {
      return JSON.parse(element) as unknown;
    } catch {
      throw refuseField(field, 'must be JSON');
    }
  });
}
