/** Requests that clients in Python sent, recorded as they were, and what these clients read of the answers. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { type Service, serve, workspace } from './http-service.ts';
import { addTaskModels } from './task-models.ts';

const recorded = z.object({
  /** With its version. */
  client: z.string(),
  call: z.string(),
  method: z.string(),
  path: z.string(),
  headers: z.record(z.string(), z.string()),
  body: z.string().optional(),
  base64: z.string().optional(),
});
const file = new URL('../fixtures/clients/requests.jsonl', import.meta.url);
const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
const requests = lines.map((line) => recorded.parse(JSON.parse(line)));
type Recorded = (typeof requests)[number];

const space = workspace([]);
let service: Service;
beforeAll(async () => {
  await addTaskModels(space.packages);
  service = await serve(space.packages);
});
afterAll(async () => {
  await service.stop();
  space.remove();
});

async function replay({ method, path, headers, body, base64 }: Recorded) {
  const bytes = base64 === undefined ? body : new Uint8Array(Buffer.from(base64, 'base64'));
  // An answer is compressed only where the client asked for it, as with the client itself.
  const accepted = { 'accept-encoding': 'identity', ...headers };
  const response = await fetch(service.url + path, {
    method,
    headers: accepted,
    ...(bytes !== undefined && { body: bytes }),
  });
  const answer = Buffer.from(await response.arrayBuffer());
  return { status: response.status, headers: response.headers, answer };
}

const score = z.number();
const labels = z.array(z.strictObject({ label: z.string(), score })).min(1);
const vector = z.array(z.number()).min(1);
const answers = z.array(labels).min(1);
const tensor = z.object({ name: z.string(), shape: z.array(z.number()), datatype: z.string() });

/** What a client reads of the JSON of an answer. */
const JSON_ANSWERS: Readonly<Record<string, z.ZodType>> = {
  zero_shot_classification: labels,
  text_classification: answers,
  token_classification: z.array(
    z.looseObject({ entity_group: z.string(), score, start: z.int(), end: z.int() }),
  ),
  question_answering: z.strictObject({ answer: z.string(), score, start: z.int(), end: z.int() }),
  fill_mask: z.array(z.strictObject({ sequence: z.string(), score, token: z.int(), token_str: z.string() })),
  feature_extraction: z.array(z.array(vector)),
  sentence_similarity: vector,
  health_check: z.unknown(),
  get_endpoint_info: z.looseObject({ model_id: z.string(), model_type: z.looseObject({}) }),
  get_server_metadata: z.looseObject({ extensions: z.tuple([z.literal('binary_tensor_data')]) }),
  is_server_live: z.looseObject({ live: z.literal(true) }),
  is_model_ready: z.looseObject({ ready: z.literal(true) }),
  get_model_metadata: z.looseObject({
    name: z.literal('reviews'),
    inputs: z.array(tensor),
    outputs: z.array(tensor),
  }),
  'invoke_endpoint, JSON': answers,
  'invoke_endpoint, TargetModel': answers,
  'invoke_endpoint, no content type': answers,
  'invoke_endpoint, CSV': z.array(labels).length(2),
  'invoke_endpoint, CSV of questions': z.array(z.looseObject({ answer: z.string() })).length(1),
  'embeddings.create': z.looseObject({ data: z.array(z.looseObject({ embedding: z.base64() })).length(1) }),
  'embeddings.create, many': z.looseObject({ data: z.array(z.looseObject({ index: z.int() })).length(2) }),
  'HuggingFaceTEIRanker.run': z.array(z.looseObject({ index: z.int(), score })).length(3),
  'HuggingFaceAPIDocumentEmbedder.run': z.array(vector).length(3),
  embed_documents: z.looseObject({ data: z.array(z.looseObject({ embedding: z.unknown() })).length(2) }),
  'models.list': z.looseObject({
    object: z.literal('list'),
    data: z.array(z.looseObject({ id: z.string() })),
  }),
  'models.retrieve': z.looseObject({ id: z.literal('encoder'), object: z.literal('model') }),
};

const infers = requests.filter(({ call }) => call.startsWith('infer'));
const others = requests.filter(({ call }) => Object.hasOwn(JSON_ANSWERS, call));

it('every recorded request is sent by one of these tests', () => {
  const refused = requests.filter(({ call }) => /not there|, ids$|JSON Lines/.test(call));
  expect(infers.length + others.length + refused.length).toBe(requests.length);
});

it.each(others)('$client reads the answer to $call', async (sent) => {
  const { status, answer } = await replay(sent);
  expect(status, answer.toString()).toBe(200);
  expect(JSON_ANSWERS[sent.call]?.parse(JSON.parse(answer.toString()))).toBeDefined();
});

describe('a tensor of the Open Inference Protocol', () => {
  const output = tensor.extend({
    parameters: z.looseObject({ binary_data_size: z.int().optional() }).optional(),
    data: z.array(z.unknown()).optional(),
  });
  const inference = z.looseObject({ model_name: z.string(), outputs: z.array(output).min(1) });

  /** Reads an answer by the protocol's specification: JSON, and then the bytes of tensors in their order. */
  function readOutput(headers: Headers, answer: Buffer): { shape: number[]; elements: unknown[] } {
    const declared = headers.get('inference-header-content-length');
    const length = declared === null ? answer.length : Number(declared);
    const [first] = inference.parse(JSON.parse(answer.subarray(0, length).toString())).outputs;
    const { shape = [], datatype, parameters, data } = first ?? {};
    if (parameters?.binary_data_size === undefined) return { shape, elements: data ?? [] };
    const bytes = answer.subarray(length);
    expect(bytes).toHaveLength(parameters.binary_data_size);
    const elements: unknown[] = [];
    for (let at = 0; at < bytes.length; ) {
      if (datatype === 'FP32') {
        elements.push(bytes.readFloatLE(at));
        at += 4;
      } else {
        const end = at + 4 + bytes.readUInt32LE(at);
        elements.push(bytes.subarray(at + 4, end).toString());
        at = end;
      }
    }
    return { shape, elements };
  }

  it.each(infers)('is what $client reads of the answer to $call', async (sent) => {
    const { status, headers, answer } = await replay(sent);
    expect(status, answer.toString()).toBe(200);
    const { shape, elements } = readOutput(headers, answer);
    expect(elements).toHaveLength(shape.reduce((product, dimension) => product * dimension, 1));
    for (const element of elements) expect(element === '' || element === undefined).toBe(false);
    const asked = sent.base64 === undefined ? (sent.body ?? '') : sent.base64;
    const gzipped = sent.headers['content-encoding'] === 'gzip';
    const head = sent.base64 === undefined ? asked : plain(Buffer.from(asked, 'base64'), gzipped);
    const isBinary = /"binary_data_output":\s*true|"binary_data":\s*true/.test(head);
    expect(headers.has('inference-header-content-length')).toBe(isBinary);
  });

  const plain = (bytes: Buffer, gzipped: boolean) => (gzipped ? gunzipSync(bytes) : bytes).toString('latin1');
});

describe('boto3', () => {
  const sent = (call: string) => requests.find((request) => request.call === call);

  it('gets a line for each line where it asks for them', async () => {
    const request = sent('invoke_endpoint, JSON Lines');
    const { status, headers, answer } = await replay(request ?? expect.unreachable());
    expect([status, headers.get('content-type')]).toEqual([200, 'application/jsonlines']);
    const lines = answer.toString().trimEnd().split('\n');
    expect(lines.map((line) => labels.parse(JSON.parse(line)))).toHaveLength(2);
  });

  it('raises the error that the operation has, with our message', async () => {
    const request = sent('invoke_endpoint, a model that is not there');
    const { status, headers, answer } = await replay(request ?? expect.unreachable());
    expect([status, headers.get('x-amzn-errortype')]).toEqual([404, 'ValidationError']);
    expect(JSON.parse(answer.toString())).toMatchObject({ message: expect.stringContaining('nope') });
  });
});

it("OpenAI's client raises a BadRequestError for ids of tokens", async () => {
  const request = requests.find(({ call }) => call === 'embeddings.create, ids');
  const { status, answer } = await replay(request ?? expect.unreachable());
  expect(status).toBe(400);
  expect(JSON.parse(answer.toString()).error).toMatchObject({
    param: 'input',
    type: 'invalid_request_error',
  });
});
