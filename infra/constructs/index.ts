/** The constructs of Pilotlight, for a team's own CDK app. */
export { INFRA_ERROR_CODES, InfraError, type InfraErrorCode } from './errors.ts';
