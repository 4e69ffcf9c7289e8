/** The CDK app: `cdk synth -c team=demo -c env=dev` makes the stacks of one team in one environment. */
import { App, Errors, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import { CONFIG_FOLDER, loadDeployment, refuseOtherAccount } from './config/load.ts';
import { explain } from './stacks/explain.ts';
import { PilotlightStage } from './stacks/pilotlight-stage.ts';

const app = new App();
Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));

try {
  const context = (name: string): unknown => app.node.tryGetContext(name);
  const folder = String(context('configFolder') ?? CONFIG_FOLDER);
  const deployment = await loadDeployment({ team: context('team'), env: context('env') }, folder);
  refuseOtherAccount(deployment, process.env.CDK_DEFAULT_ACCOUNT);
  console.error(explain(new PilotlightStage(app, deployment)));
  app.synth();
} catch (error) {
  if (!isRefusal(error)) throw error;
  console.error(`error: ${error.message}`);
  process.exit(1);
}

/** Thrown on purpose, by Pilotlight or by the CDK: the message says it all, and a stack would bury it. */
function isRefusal(error: unknown): error is Error {
  return (
    error instanceof Error && (Symbol.for('pilotlight.error') in error || Errors.isConstructError(error))
  );
}
