/** The settings of a web function. They are plain data: durations are numbers with their unit in the name. */
import * as z from 'zod';
import { authKinds } from '../api/schema.ts';
import { count, environment, modelRefs, nonEmpty } from '../common/fields.ts';
import { packagesSchema } from '../function/schema.ts';

/** The limits of the service: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const RATE_LIMIT = 'must be 0, 100 to 1000 in steps of 100, or 2000 to 10000 in steps of 1000';

const isRateLimit = (rate: number): boolean =>
  rate === 0 || (rate <= 1000 ? rate % 100 === 0 : rate % 1000 === 0);

/** Variables of Lambda's own: a revision that sets one is refused when it is deployed, or does not find Lambda. */
const isReserved = (name: string): boolean =>
  /^(AWS_LAMBDA_|AWS_(DEFAULT_)?REGION$|LAMBDA_TASK_ROOT$)/.test(name);

/** The web function itself, and the endpoint that clients call. */
export const webSchema = z.strictObject({
  timeoutSeconds: z.int().min(3).max(900).default(30).describe('Seconds for one request'),
  maxConcurrencyPerEnvironment: z
    .int()
    .min(1)
    .max(128)
    .default(64)
    .describe('Requests at once in one environment, at most; Lambda sends fewer while its CPU is busy'),
  maxEnvironments: z
    .int()
    .min(2, 'must be at least 2, or be left out')
    .exactOptional()
    .describe("Environments at most; requests beyond them get 429. Default: the account's quota of vCPUs"),
  rateLimit: z
    .int()
    .min(0)
    .max(10_000)
    .refine(isRateLimit, RATE_LIMIT)
    .exactOptional()
    .describe("Requests each second, over all callers; 0 refuses all. Default: the account's quota"),
  environment: z
    .record(
      z
        .string()
        .regex(/^[A-Za-z]\w*$/, 'must be a name of letters, digits and underscores')
        .refine((name) => !isReserved(name), 'is a name that Lambda sets itself'),
      nonEmpty.max(4096, 'must be of at most 4096 characters'),
    )
    .default({})
    .describe(environment.description ?? ''),
  description: nonEmpty.max(256).exactOptional().describe('Description in the console. Default: the models'),
});

/** Lambda checks signatures; keys are checked by the application, in either header. Tokens of an identity provider are API Gateway's. */
const [iam, , apiKey, none] = authKinds;
export const webAuthSchema = z.discriminatedUnion(
  'kind',
  [iam, apiKey.omit({ header: true }), none],
  'must be iam, api-key or none',
);

export const webReleaseSchema = z.strictObject({
  goldens: z
    .boolean()
    .default(true)
    .describe('Whether a new revision has traffic only once its models answer as their goldens say'),
  toleratedDrift: z
    .number()
    .positive()
    .default(1)
    .describe('Deviation of goldens over their tolerance that a new revision may have'),
  keepRevisions: z
    .boolean()
    .default(true)
    .describe(
      'Whether revisions, and their code, stay when a newer one takes over, so that traffic can go back',
    ),
  previous: z
    .strictObject({
      revisionId: nonEmpty.describe('Its id, an output of the deployment that made it'),
      weight: count.max(99).describe('Percent of the requests that it still gets'),
    })
    .exactOptional()
    .describe('A revision that shares the requests with the new one. Default: the new one gets all'),
});

export const webFunctionSchema = z.strictObject({
  models: modelRefs.describe('Models to serve, such as sentiment or intent@1.0.0'),
  packages: packagesSchema
    .omit({ placement: true, baseImage: true })
    .prefault({})
    .describe('Which files of the models are served, and from where'),
  web: webSchema.prefault({}).describe('The web function itself'),
  auth: webAuthSchema.prefault({ kind: 'iam' }).describe('Who may call'),
  release: webReleaseSchema.prefault({}).describe('How a new revision takes over'),
});
/** The settings as a team writes them, with defaults left out. */
export type WebFunctionSettings = z.input<typeof webFunctionSchema>;
