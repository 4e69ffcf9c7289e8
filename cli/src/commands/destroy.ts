import { cdkCommand } from '../cdk/cdk-command.ts';

export const command = cdkCommand('destroy', 'remove the stacks of the CDK app from the account', ['**']);
