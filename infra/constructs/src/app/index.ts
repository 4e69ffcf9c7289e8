/** A team's whole deployment out of one configuration, for a CDK app of a few lines. */
export { addDeployment } from './add-deployment.ts';
export { bootstrapOptions } from './bootstrap-options.ts';
export {
  type Deployment,
  defineDeployment,
  listDeployments,
  loadDeployment,
  parseConfig,
  refuseOtherAccount,
  type Selection,
} from './config/load.ts';
export { type Config, type ConfigInput, configSchema, defineConfig } from './config/schema.ts';
export { explain } from './explain.ts';
export { fetchPackages } from './packages/fetch-packages.ts';
export { PilotlightStage } from './pilotlight-stage.ts';
export { endWhereRefused } from './refusals.ts';
