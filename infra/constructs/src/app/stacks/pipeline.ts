import { parseModelRef } from '@pilotlight/model-format';
import { registryKey } from '@pilotlight/model-format/registry';
import { CfnOutput, type Stack } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { GitHubDeployRole, type GitHubDeployRoleProps } from '../../index.ts';
import type { Config } from '../config/schema.ts';

/** Adds the roles of a pipeline to the stack whose functions it verifies, and the outputs that its workflow reads. */
export function addPipeline(
  stack: Stack,
  aliases: readonly IFunction[],
  settings: GitHubDeployRoleProps,
  { qualifier, packages }: Config,
): void {
  const roles = new GitHubDeployRole(stack, 'Pipeline', { ...settings, ...(qualifier && { qualifier }) });
  for (const alias of aliases) roles.allowVerification(alias);
  if (packages) roles.allowPackages(packageArns(stack.partition, packages));
  const output = (id: string, value: string, description: string) =>
    new CfnOutput(stack, id, { value, description });
  output('DeployRole', roles.role.roleArn, 'Variable AWS_ROLE_ARN of the environment on GitHub');
  output(
    'PullRequestRole',
    roles.pullRequestRole.roleArn,
    'Variable AWS_PULL_REQUEST_ROLE_ARN of the repository',
  );
  if (aliases.length === 0) return;
  const arns = aliases.map(({ functionArn }) => functionArn).join(',');
  output('Aliases', arns, 'What clients invoke, for pilotlight models verify --function');
}

/** Of a model by its alias, the record that says which version it is, and whichever that will be. */
function packageArns(
  partition: string,
  { from, sha256, aliases }: NonNullable<Config['packages']>,
): string[] {
  const place = `arn:${partition}:s3:::${from.replace(/^s3:\/\//, '').replace(/\/$/, '')}`;
  return [
    ...Object.keys(sha256).map((ref) => {
      const { name, version } = parseModelRef(ref);
      return `${place}/${name}/${version}/*`;
    }),
    ...Object.keys(aliases).flatMap((name) => [`${place}/${registryKey(name)}`, `${place}/${name}/*`]),
  ];
}
