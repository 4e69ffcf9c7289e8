import { cdkCommand } from '../cdk/cdk-command.ts';

export const command = cdkCommand('synth', 'write and check the CloudFormation templates of the CDK app', [
  '--quiet',
  '**',
]);
