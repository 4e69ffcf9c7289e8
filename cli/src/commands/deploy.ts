import { cdkCommand } from '../cdk/cdk-command.ts';

export const command = cdkCommand('deploy', 'deploy the stacks of the CDK app', ['**']);
