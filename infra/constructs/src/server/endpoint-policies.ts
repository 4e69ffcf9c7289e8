/** Policies of VPC endpoints, without which whoever takes a task over could send texts to buckets and queues of any account. */
import { Stack } from 'aws-cdk-lib';
import type { GatewayVpcEndpoint, InterfaceVpcEndpoint } from 'aws-cdk-lib/aws-ec2';
import { PolicyStatement, StarPrincipal } from 'aws-cdk-lib/aws-iam';

/**
 * Lets through what identities of this account ask of resources of this account. Some actions, such as
 * ecs:DiscoverPollEndpoint, have no resource whose account could be compared. The registry of images may be that of another
 * account, which only the role that pulls can permit.
 */
export function limitToAccount(
  endpoint: InterfaceVpcEndpoint | GatewayVpcEndpoint,
  { isRegistry = false }: { readonly isRegistry?: boolean } = {},
): void {
  const { account } = Stack.of(endpoint);
  endpoint.addToPolicy(
    new PolicyStatement({
      principals: [new StarPrincipal()],
      actions: ['*'],
      resources: ['*'],
      conditions: {
        StringEquals: { 'aws:PrincipalAccount': account },
        ...(!isRegistry && { StringEqualsIfExists: { 'aws:ResourceAccount': account } }),
      },
    }),
  );
}

/**
 * Lets through to S3 what `limitToAccount` does, and the layers of images, which the registry keeps in a bucket of its own:
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html
 */
export function limitToAccountAndRegistry(endpoint: GatewayVpcEndpoint): void {
  limitToAccount(endpoint);
  const { partition, region } = Stack.of(endpoint);
  endpoint.addToPolicy(
    new PolicyStatement({
      principals: [new StarPrincipal()],
      actions: ['s3:GetObject'],
      resources: [`arn:${partition}:s3:::prod-${region}-starport-layer-bucket/*`],
    }),
  );
}
