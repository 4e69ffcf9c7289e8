import { type App, Errors } from 'aws-cdk-lib';
import { loadDeployment, refuseOtherAccount } from './config/load.ts';
import { explain } from './explain.ts';
import { PilotlightStage } from './pilotlight-stage.ts';

/**
 * Adds the stacks of the deployment that `-c team=TEAM -c env=ENV` names, out of `<team>.<env>.ts` of `configFolder`
 * (or of the folder that `-c configFolder=` names), synthesises the app, and says on stderr where its models are.
 *
 * A refusal ends the process with one line instead of a stack trace, because its message says what to do.
 */
export async function addDeployment(app: App, configFolder: string): Promise<void> {
  try {
    const context = (name: string): unknown => app.node.tryGetContext(name);
    const folder = String(context('configFolder') ?? configFolder);
    const deployment = await loadDeployment({ team: context('team'), env: context('env') }, folder);
    refuseOtherAccount(deployment, process.env.CDK_DEFAULT_ACCOUNT);
    console.error(explain(new PilotlightStage(app, deployment)));
    app.synth();
  } catch (error) {
    if (!isRefusal(error)) throw error;
    console.error(`error: ${error.message}`);
    process.exit(1);
  }
}

/** Whether Pilotlight or the CDK threw the error on purpose. */
function isRefusal(error: unknown): error is Error {
  return (
    error instanceof Error && (Symbol.for('pilotlight.error') in error || Errors.isConstructError(error))
  );
}
