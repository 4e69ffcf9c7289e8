import type { App } from 'aws-cdk-lib';
import { PROVIDER_ERROR_KEY } from 'aws-cdk-lib/cx-api';
import { InfraError } from '../common/errors.ts';
import { loadDeployment, refuseOtherAccount } from './config/load.ts';
import { explain } from './explain.ts';
import { fetchPackages } from './packages/fetch-packages.ts';
import { PilotlightStage } from './pilotlight-stage.ts';
import { endWhereRefused } from './refusals.ts';

/**
 * Adds the stacks of the deployment that `-c team=TEAM -c env=ENV` names, out of `<team>.<env>.ts` of `configFolder`
 * (or of the folder that `-c configFolder=` names), synthesises the app, and says on stderr where its models are.
 *
 * A refusal ends the process with one line instead of a stack trace.
 */
export async function addDeployment(app: App, configFolder: string): Promise<void> {
  await endWhereRefused(async () => {
    const context = (name: string): unknown => app.node.tryGetContext(name);
    refuseFailedLookups(app.node.getAllContext());
    const folder = String(context('configFolder') ?? configFolder);
    const deployment = await loadDeployment({ team: context('team'), env: context('env') }, folder);
    refuseOtherAccount(deployment, process.env.CDK_DEFAULT_ACCOUNT);
    console.error(explain(new PilotlightStage(app, await fetchPackages(deployment))));
    app.synth();
  });
}

/**
 * Refuses to go on with a stand-in for what the CDK could not look up, such as the availability zones `dummy1a` and `dummy1b`.
 * Its command line then runs the app again, with the reason in the context.
 *
 * @throws InfraError LOOKUP_FAILED
 */
function refuseFailedLookups(context: object): void {
  for (const [key, value] of Object.entries(context)) {
    const reason: unknown = Object(value)[PROVIDER_ERROR_KEY];
    if (reason === undefined) continue;
    throw new InfraError(
      'LOOKUP_FAILED',
      `${key} cannot be looked up (${String(reason).split('\n', 1)[0]}): synthesise once with credentials of that account, ` +
        'and commit cdk.context.json, which then has the answer for everybody.',
    );
  }
}
