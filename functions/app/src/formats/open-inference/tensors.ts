/** Reads tensors of text as inputs, and writes results as tensors. */
import { predictionJson } from '@pilotlight/engine/internal/predict/prediction-json';
import { refuseField } from '../../http/request/parse.ts';
import { isVector } from '../vectors.ts';
import type { InferTensor, OutputTensor } from './request.ts';

/** Tensors whose elements all belong to one input. */
const LISTS = ['sentences', 'texts'];
/** Tensors that are by their names parts of inputs; another name, of a tensor by itself, is a text. */
const FIELDS = ['text', 'text_pair', 'question', 'context', 'source_sentence', 'query', ...LISTS];

/** The elements of a tensor, flat. @throws EngineError INVALID_INPUT where they are not as many as `shape` says. */
export function listElements({ shape, data, name }: InferTensor): unknown[] {
  const elements = data.flat(shape.length - 1);
  const expected = shape.reduce((product, dimension) => product * dimension, 1);
  if (elements.length !== expected) {
    throw refuseField(name, `has ${elements.length} elements, but its shape says ${expected}`);
  }
  return elements;
}

/**
 * The inputs of a task, one for each row of the tensors: of `question` and `context`, say. `sentences` and `texts` are
 * of one input as a whole. With `fields` every input is an object of those, also of a tensor by itself.
 */
export function readInputs(tensors: readonly InferTensor[], fields?: readonly string[]): unknown[] {
  const columns = tensors.map((tensor) => ({ name: tensor.name, texts: readTexts(tensor) }));
  const [only] = columns;
  if (only && columns.length === 1 && !fields) return only.texts;
  const known = fields ?? FIELDS;
  const unknown = columns.find(({ name }) => !known.includes(name));
  if (unknown) throw refuseField(unknown.name.slice(0, 100), `is not known; known are ${known.join(', ')}`);
  const rows = Math.max(...columns.map(({ name, texts }) => (LISTS.includes(name) ? 1 : texts.length)));
  const uneven = columns.find(({ name, texts }) => !LISTS.includes(name) && texts.length !== rows);
  if (uneven) throw refuseField(uneven.name, `has ${uneven.texts.length} rows, but others have ${rows}`);
  return Array.from({ length: rows }, (_, row) =>
    Object.fromEntries(columns.map(({ name, texts }) => [name, LISTS.includes(name) ? texts : texts[row]])),
  );
}

function readTexts(tensor: InferTensor): string[] {
  const { name, datatype, parameters } = tensor;
  const { content_type } = parameters ?? {};
  if (content_type !== undefined && content_type !== null && content_type !== 'str') {
    throw refuseField(`${name}.parameters.content_type`, 'must be str, or missing');
  }
  if (datatype !== 'BYTES') throw refuseField(name, 'must be BYTES, as the other inputs are');
  return listElements(tensor).map((element, i) => {
    if (typeof element === 'string') return element;
    throw refuseField(`${name}[${i}]`, 'must be a text');
  });
}

/** Vectors as one tensor `[inputs, hidden]`, any other results as JSON, a text each. */
export function writeOutput(results: readonly unknown[]): OutputTensor {
  const vectors = results.filter(isVector);
  const [{ length = 0 } = {}] = vectors;
  if (length > 0 && vectors.length === results.length && vectors.every((own) => own.length === length)) {
    const data = new Float32Array(vectors.length * length);
    for (const [row, vector] of vectors.entries()) data.set(vector, row * length);
    return { name: 'embeddings', shape: [vectors.length, length], datatype: 'FP32', data };
  }
  return {
    name: 'results',
    shape: [results.length],
    datatype: 'BYTES',
    parameters: { content_type: 'json' },
    data: results.map(predictionJson),
  };
}
