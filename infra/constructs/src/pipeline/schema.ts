/** How a pipeline on GitHub may deploy. */
import * as z from 'zod';
import { nonEmpty, textLike } from '../common/fields.ts';

const environment = textLike(/^[^*?]+$/, 'must be a name without * and ?');

const pipelineFields = {
  repository: textLike(/^[\w.-]+\/[\w.-]+$/, 'must be OWNER/NAME of a repository on GitHub').describe(
    'Repository on GitHub whose workflows deploy, such as acme/nlp',
  ),
  sessionHours: z
    .int()
    .min(1)
    .max(12)
    .default(1)
    .describe('Hours for which a job may hold its credentials: more than the longest deployment takes'),
  createProvider: z
    .boolean()
    .default(false)
    .describe('Whether to make the identity provider of GitHub, of which an account has one'),
};

export const gitHubDeployRoleSchema = z.strictObject({
  ...pipelineFields,
  environment,
  qualifier: nonEmpty.exactOptional(),
  stackNames: z.array(nonEmpty).min(1).readonly(),
});
export type GitHubDeployRoleSettings = z.input<typeof gitHubDeployRoleSchema>;

/** The settings of a deployment, which knows its stacks and its qualifier. */
export const pipelineSchema = z.strictObject({
  ...pipelineFields,
  environment: environment
    .exactOptional()
    .describe(
      'Environment of the repository whose jobs deploy. Default: that of the deployment, such as prod',
    ),
});
