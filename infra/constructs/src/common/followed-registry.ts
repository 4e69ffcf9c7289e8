/** A registry whose aliases say which versions a function serves: its settings, its variables, and the objects that it may read. */
import { modelNameSchema } from '@pilotlight/model-format';
import { parseRegistryAddress } from '@pilotlight/model-format/internal/registry/address';
import { registryKey } from '@pilotlight/model-format/registry';
import { Stack } from 'aws-cdk-lib';
import { type IRole, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import * as z from 'zod';
import { acknowledge, flattenArn } from './acknowledgements.ts';
import { count, nonEmpty } from './fields.ts';

export const followedRegistrySchema = z.strictObject({
  address: nonEmpty
    .refine(
      (text) => parseRegistryAddress(text) !== undefined,
      'must be the address of a bucket or a folder in one, such as s3://models/registry',
    )
    .describe('Where it is, such as s3://models/registry'),
  models: z
    .array(modelNameSchema)
    .min(1, 'must name one model at least')
    .readonly()
    .exactOptional()
    .describe('Models that are served by their aliases. Default: all of models'),
  pollSeconds: count.default(30).describe('Seconds after which a record is asked for again'),
});
type FollowedRegistry = z.output<typeof followedRegistrySchema>;

/**
 * Lets `role` read the records and the packages of these models, and of no others, and gives the variables by which a function follows
 * them. `modelNames` are the models of the function.
 */
export function followRegistry(
  role: IRole,
  { address, models, pollSeconds }: FollowedRegistry,
  modelNames: readonly string[],
): Record<string, string> {
  const { bucket, prefix } = parseRegistryAddress(address) ?? { bucket: '', prefix: '' };
  const { partition } = Stack.of(role);
  const names = models ?? modelNames;
  const arn = (key: string) => `arn:${partition}:s3:::${bucket}/${prefix}${key}`;
  const packages = names.map((name) => arn(`${name}/*`));
  role.addToPrincipalPolicy(
    new PolicyStatement({
      actions: ['s3:GetObject'],
      resources: [...names.map((name) => arn(registryKey(name))), ...packages],
    }),
  );
  for (const resource of packages) {
    const id = `AwsSolutions-IAM5[Resource::${flattenArn(Stack.of(role).resolve(resource))}]`;
    acknowledge(role, id, 'The packages of one model: which versions there will be is not known beforehand.');
  }
  return {
    PILOTLIGHT_REGISTRY: address,
    PILOTLIGHT_REGISTRY_MODELS: names.join(','),
    PILOTLIGHT_REGISTRY_POLL_SECONDS: `${pollSeconds}`,
  };
}
