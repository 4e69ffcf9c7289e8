import { join } from 'node:path';
import { GitHubDeployRole, InferenceApi, InferenceFunction } from '@pilotlight/constructs';
import { App, CfnOutput, Stack } from 'aws-cdk-lib';
import { config } from './config.ts';

const app = new App();
/** `-c env=prod` has a stack of its own, so that one account may hold several. */
const env = String(app.node.tryGetContext('env') ?? 'dev');
const stack = new Stack(app, `{{stack}}-${env}`);

const inference = new InferenceFunction(stack, 'Function', {
  models: [...config.models],
  packages: { folder: join(import.meta.dirname, 'models') },
  lambda: config.lambda,
});
const api = new InferenceApi(stack, 'Api', { function: inference, throttle: config.throttle });
new CfnOutput(stack, 'Url', { value: api.url });

const { repository } = config;
if (repository !== undefined) {
  const stackNames = [stack.stackName];
  const roles = new GitHubDeployRole(stack, 'Pipeline', { repository, environment: env, stackNames });
  roles.allowVerification(inference.alias);
  new CfnOutput(stack, 'DeployRole', { value: roles.role.roleArn });
  new CfnOutput(stack, 'PullRequestRole', { value: roles.pullRequestRole.roleArn });
  new CfnOutput(stack, 'Aliases', { value: inference.alias.functionArn });
}

app.synth();
