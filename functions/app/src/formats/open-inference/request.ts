/** Bodies of the Open Inference Protocol, version 2: https://github.com/kserve/open-inference-protocol */
import { listOf } from '@pilotlight/model-format';
import * as z from 'zod/mini';

/** Says how many bytes of a body are its JSON. */
export const HEAD_LENGTH = 'Inference-Header-Content-Length';

const parameters = z.nullish(z.record(z.string(), z.unknown()));
const size = z.int().check(z.nonnegative());

const tensor = z.object({
  name: z.string().check(z.minLength(1)),
  shape: z.array(size).check(z.minLength(1), z.maxLength(4)),
  datatype: z.enum(['BYTES', 'INT64', 'INT32']),
  parameters: parameters.check(
    z.meta({
      description: '`binary_data_size` where the data stands after the JSON; `content_type` is `str`',
    }),
  ),
  data: z
    .nullish(z.array(z.unknown()))
    .check(
      z.meta({ description: 'Flat, or nested as `shape` says. Missing where it stands after the JSON' }),
    ),
});
/** A tensor as it stands in the JSON. */
export type SentTensor = z.infer<typeof tensor>;
/** A tensor with its data, wherever that stood. */
export interface InferTensor extends SentTensor {
  readonly data: unknown[];
}

const noNameTwice = z.refine<readonly { readonly name: string }[]>(
  (tensors) => new Set(tensors.map(({ name }) => name)).size === tensors.length,
  'must not name a tensor twice',
);

export const inferRequest = z.object({
  id: z.nullish(z.string()),
  parameters: parameters.check(
    z.meta({
      description:
        'Parameters of the task by the names of Hugging Face, and `task` for another one. Of the protocol’s own, ' +
        '`binary_data_output` is obeyed and the others are ignored',
    }),
  ),
  inputs: listOf(tensor).check(z.minLength(1), noNameTwice),
  outputs: z.nullish(listOf(z.object({ name: z.string(), parameters })).check(noNameTwice)),
});
export type SentRequest = z.infer<typeof inferRequest>;
export interface InferRequest extends SentRequest {
  readonly inputs: InferTensor[];
}

interface Output {
  readonly name: string;
  readonly shape: readonly number[];
  readonly parameters?: Readonly<Record<string, unknown>>;
}
export interface FloatTensor extends Output {
  readonly datatype: 'FP32';
  /** Flat, in row-major order. */
  readonly data: readonly number[] | Float32Array;
}
export interface TextTensor extends Output {
  readonly datatype: 'BYTES';
  readonly data: readonly string[];
}
export type OutputTensor = FloatTensor | TextTensor;
