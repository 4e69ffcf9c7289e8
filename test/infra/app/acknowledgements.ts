/** Collects the findings of security scanners that the constructs of a deployment acknowledge, with the reasons. */
import { Validations } from 'aws-cdk-lib';
import * as z from 'zod';
import type { SynthesisedDeployment } from './deployments.ts';

const entrySchema = z.union([
  z
    .record(z.string(), z.string())
    .transform((byId) => Object.entries(byId).map(([id, reason]) => ({ id, reason }))),
  z.object({ id: z.string(), reason: z.string() }).transform((one) => [one]),
]);

export interface Acknowledgement {
  readonly path: string;
  /** Such as `AwsSolutions-IAM5[Resource::*]`. */
  readonly id: string;
  readonly reason: string;
}

/** Constructs of the CDK acknowledge the CDK's own rules under this prefix. */
const OF_THE_CDK = 'CloudFormation-Validate::';

export function acknowledgementsOf({ stage }: SynthesisedDeployment): Acknowledgement[] {
  return stage.node.findAll().flatMap(({ node }) =>
    node.metadata
      .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
      .flatMap(({ data }) =>
        entrySchema
          .parse(data)
          .filter(({ id }) => !id.startsWith(OF_THE_CDK))
          .map(({ id, reason }) => ({ path: node.path, id: id.replace(/^\w+::/, ''), reason })),
      ),
  );
}
