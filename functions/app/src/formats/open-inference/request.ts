/** Bodies of the Open Inference Protocol, version 2: https://github.com/kserve/open-inference-protocol */
import * as z from 'zod/mini';

const parameters = z.nullish(z.record(z.string(), z.unknown()));
const size = z.int().check(z.nonnegative());

const tensor = z.object({
  name: z.string().check(z.minLength(1)),
  shape: z.array(size).check(z.minLength(1), z.maxLength(4)),
  datatype: z.enum(['BYTES', 'INT64', 'INT32']),
  parameters,
  data: z.array(z.unknown()).check(z.meta({ description: 'Flat, or nested as `shape` says' })),
});
export type InferTensor = z.infer<typeof tensor>;

const noNameTwice = z.refine<readonly { readonly name: string }[]>(
  (tensors) => new Set(tensors.map(({ name }) => name)).size === tensors.length,
  'must not name a tensor twice',
);

export const inferRequest = z.object({
  id: z.optional(z.string()),
  parameters: parameters.check(
    z.meta({
      description: 'Parameters of the task by the names of Hugging Face, and `task` for another one',
    }),
  ),
  inputs: z.array(tensor).check(z.minLength(1), noNameTwice),
  outputs: z.optional(z.array(z.object({ name: z.string(), parameters })).check(noNameTwice)),
});
export type InferRequest = z.infer<typeof inferRequest>;

export interface OutputTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly datatype: 'BYTES' | 'FP32';
  readonly parameters?: Readonly<Record<string, unknown>>;
  readonly data: ArrayLike<unknown>;
}
