import { cdkCommand } from '../cdk/cdk-command.ts';

export const command = cdkCommand('diff', 'compare the stacks of the CDK app with what is deployed', ['**']);
