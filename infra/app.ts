/** The CDK app: `cdk synth -c team=demo -c env=dev` makes the stacks of one team in one environment. */
import { fileURLToPath } from 'node:url';
import { addDeployment } from '@pilotlight/constructs/app';
import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';

const app = new App();
Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
await addDeployment(app, fileURLToPath(new URL('./config/', import.meta.url)));
