/** Reads a call of the protocol, whether its tensors stand in the JSON or after it, and sorts its parameters. */
import type { Limits } from '../../http/limits.ts';
import { parseBody, refuseField } from '../../http/request/parse.ts';
import type { Call } from '../../serve/call.ts';
import {
  HEAD_LENGTH,
  type InferRequest,
  type InferTensor,
  inferRequest,
  type SentRequest,
  type SentTensor,
} from './request.ts';

const OCTETS = /^application\/octet-stream\b/i;
/** The same as a parameter of the content type, which a job and the server get without other headers. */
const HEAD_PARAMETER = /;\s*head-length=(\d+)/;

/** Ids, mask and types of tokens, the most that a graph takes. */
const TENSORS = 3;

/** Parameters of a call that are the protocol's own, not those of a task. They are for servers that keep state or have queues. */
const PROTOCOL: readonly string[] = [
  'binary_data_output',
  'content_type',
  'headers',
  'priority',
  'sequence_end',
  'sequence_id',
  'sequence_start',
  'timeout',
  'triton_enable_empty_final_response',
];
/** Parameters of tensors by which a client asks for what is not done here. */
const REFUSED = ['classification', 'shared_memory_region'] as const;

export interface Infer {
  readonly request: InferRequest;
  /** Parameters of the task, and the `task`. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** The content type that says the length of the JSON, where a header did. */
  readonly contentType?: string;
}

/** @throws EngineError INVALID_INPUT, HttpError */
export async function readInfer(call: Call, limits: Limits): Promise<Infer> {
  const type = call.c.req.header('content-type') ?? '';
  const length = call.c.req.header(HEAD_LENGTH) ?? HEAD_PARAMETER.exec(type)?.[1];
  if (length === undefined) {
    if (OCTETS.test(type)) {
      throw refuseField(HEAD_LENGTH, 'is missing; it says how many bytes of the body are JSON');
    }
    const sent = parseBody(inferRequest, await call.body.json({ tensors: TENSORS }));
    return sortParameters(sent, sent.inputs.map(withData));
  }
  const bytes = await call.body.bytes();
  const end = /^\d{1,15}$/.test(length) ? Number(length) : Number.POSITIVE_INFINITY;
  if (end > bytes.length) {
    throw refuseField(HEAD_LENGTH, `must be a whole number up to ${bytes.length}, the length of the body`);
  }
  const sent = parseBody(inferRequest, call.body.parse(bytes.subarray(0, end), { tensors: TENSORS }));
  const inputs = await readBinary(sent.inputs, bytes.subarray(end), limits);
  return { ...sortParameters(sent, inputs), contentType: `application/octet-stream; head-length=${end}` };
}

async function readBinary(
  tensors: readonly SentTensor[],
  bytes: Uint8Array,
  limits: Limits,
): Promise<InferTensor[]> {
  const { BinaryTensors } = await import('./binary.ts');
  const binary = new BinaryTensors(bytes, limits);
  const read = tensors.map((tensor, i) => {
    const size = tensor.parameters?.binary_data_size;
    if (size === undefined || size === null) return withData(tensor, i);
    if (typeof size === 'number' && Number.isSafeInteger(size) && size >= 0) return binary.take(tensor, size);
    throw refuseField(`inputs[${i}].parameters.binary_data_size`, 'must be a whole number');
  });
  binary.end();
  return read;
}

function withData(tensor: SentTensor, i: number): InferTensor {
  const { data, parameters } = tensor;
  if (data !== undefined && data !== null) return { ...tensor, data };
  const isBinary = parameters?.binary_data_size !== undefined;
  throw refuseField(
    `inputs[${i}].data`,
    isBinary ? `is missing, and so is the header ${HEAD_LENGTH}` : 'is missing',
  );
}

function sortParameters(sent: SentRequest, inputs: InferTensor[]): Infer {
  const { parameters, outputs } = sent;
  refuseAmong('inputs', inputs);
  refuseAmong('outputs', outputs ?? []);
  const own = Object.entries(parameters ?? {}).filter(([name]) => !PROTOCOL.includes(name));
  return { request: { ...sent, inputs }, parameters: Object.fromEntries(own) };
}

function refuseAmong(field: string, tensors: readonly Pick<SentTensor, 'parameters'>[]): void {
  for (const [i, { parameters }] of tensors.entries()) {
    const name = REFUSED.find((candidate) => parameters?.[candidate] !== undefined);
    if (name !== undefined) throw refuseField(`${field}[${i}].parameters.${name}`, 'is not supported');
  }
}

/** Whether the data of an output is to stand after the JSON: the output says so, or else the call. */
export function wantsBinary({ parameters, outputs }: SentRequest): (name: string) => boolean {
  const usual = parameters?.binary_data_output === true;
  const asked = new Map(outputs?.map((output) => [output.name, output.parameters?.binary_data]));
  return (name) => {
    const own = asked.get(name);
    return own === undefined || own === null ? usual : own === true;
  };
}
