/** The schema of one deployment. It is plain data: durations are numbers with their unit in the name. */

import { DEFAULT_JOB_DEADLINE_HOURS } from '@pilotlight/app/internal/settings/config';
import { modelRefSchema, parseModelRef } from '@pilotlight/model-format';
import { closest } from '@pilotlight/model-format/errors';
import * as z from 'zod';
import { apiSchema } from '../../api/schema.ts';
import { backfillSchema, batchLambdaSchema, bucketSchema, uploadSchema } from '../../batch/schema.ts';
import { count, kmsKeyArn, logRetentionDays, nonEmpty, textLike } from '../../common/fields.ts';
import { functionSchema, lambdaSchema } from '../../function/schema.ts';
import { observabilitySchema } from '../../observability/schema.ts';
import { pipelineSchema } from '../../pipeline/schema.ts';
import { jobsSchema, networkSchema, serverFields } from '../../server/schema.ts';
import { webFunctionSchema, webReleaseSchema } from '../../web/schema.ts';
import { packageSourceSchema } from '../packages/schema.ts';
import { DEFAULT_ACCOUNT_CONCURRENCY, explainConcurrency } from './concurrency.ts';
import { explainDelivery } from './delivery.ts';

/** A deployment is traced by default; a construct by itself is not. */
const tracing = z.boolean().default(true).describe('Whether X-Ray traces invocations');
const longest = 'Seconds for one request; API Gateway waits for 30';

const COMPUTE =
  'What runs it: function, a Lambda function behind the HTTP API; web, a web function with an address of its own';

/** One function behind the API, which waits for 30 seconds, so that the function ends first. */
const servedFunction = functionSchema.extend({
  compute: z.literal('function').default('function').describe(COMPUTE),
  lambda: lambdaSchema
    .extend({ tracing, timeoutSeconds: z.int().min(1).max(29).default(29).describe(longest) })
    .prefault({})
    .describe('The Lambda function itself'),
});

/** One web function. Whether its revisions stay is decided by the removal policy of the deployment. */
const webFunction = webFunctionSchema.extend({
  compute: z.literal('web').describe(COMPUTE),
  release: webReleaseSchema
    .omit({ keepRevisions: true })
    .prefault({})
    .describe('How a new revision takes over'),
});

const anyFunction = z.discriminatedUnion('compute', [servedFunction, webFunction], 'must be function or web');

const upload = uploadSchema.extend({
  lambda: batchLambdaSchema.extend({ tracing }).prefault({}).describe('The Lambda function itself'),
  bucket: bucketSchema.omit({ removalPolicy: true }).prefault({}).describe('The bucket of files and results'),
  distributed: backfillSchema
    .exactOptional()
    .describe('Backfills: files under backfill/ by a Distributed Map of Step Functions. Default: none'),
});

const server = z.strictObject({
  models: z
    .record(modelRefSchema, z.enum(['job', 'cpu']))
    .refine((models) => Object.keys(models).length > 0, 'must name one model at least')
    .describe(
      'Models that the server has, each with what becomes of a request while no server runs: job, it waits; cpu, the function that has the model too answers',
    ),
  maxInferMs: count
    .default(20_000)
    .describe(
      'Estimated milliseconds of inference from which a request to one of these models leaves its function',
    ),
  image: z
    .strictObject({
      repository: nonEmpty.describe('Its repository in ECR, in the account and region of the deployment'),
      tag: nonEmpty.describe('Such as 1.0.0'),
    })
    .exactOptional()
    .describe(
      'Container image for x86-64 with server and models. Default: Docker builds one as it is deployed',
    ),
  baseImages: z
    .strictObject({
      cuda: nonEmpty.exactOptional().describe('With CUDA 12 and cuDNN 9. Default: of NVIDIA'),
      node: nonEmpty.exactOptional().describe('With Node 24. Default: the official one'),
    })
    .default({})
    .describe('What that image is built from, such as copies in a registry of your own'),
  ...serverFields,
  jobs: jobsSchema.omit({ removalPolicy: true }).prefault({}).describe('How long jobs are kept'),
  network: networkSchema
    .prefault({ kind: 'endpoints' })
    .describe(
      'The VPC, and how it reaches AWS: endpoints, without a way to the Internet; nat, by one NAT gateway; given, a VPC of yours',
    ),
});

const accountId = textLike(/^\d{12}$/, 'must be the 12 digits of an AWS account');

/** Two tags are ours. A stack has 50: https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html */
const OWN_TAGS = ['team', 'env'];
const MAX_TAGS = 50 - OWN_TAGS.length;
const TAG_CHARACTERS = 'of letters, digits, spaces and _ . : / = + - @';
const tags = z
  .record(
    z
      .string()
      .regex(
        /^(?!aws:)[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$/iu,
        `must be 1 to 128 ${TAG_CHARACTERS}, and not begin with aws:`,
      ),
    z.string().regex(/^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u, `must be at most 256 ${TAG_CHARACTERS}`),
  )
  .refine((named) => Object.keys(named).length <= MAX_TAGS, `must be ${MAX_TAGS} at most`)
  .refine(
    (named) => {
      const keys = [...new Set([...OWN_TAGS, ...Object.keys(named)])];
      return new Set(keys.map((key) => key.toLowerCase())).size === keys.length;
    },
    `must not differ in case alone, from ${OWN_TAGS.join(' and ')} neither: IAM takes them for the same`,
  );

const configFields = z.strictObject({
  account: accountId
    .exactOptional()
    .describe('AWS account to deploy to; other credentials are refused. Default: that of the credentials'),
  deployFrom: z
    .array(accountId)
    .min(1)
    .readonly()
    .exactOptional()
    .describe(
      'Further accounts whose credentials may deploy to account, such as that of a pipeline. Default: none',
    ),
  region: textLike(/^[a-z]{2,4}(-[a-z]+)+-\d{1,2}$/, 'must be an AWS region such as eu-central-1')
    .exactOptional()
    .describe('AWS region to deploy to. Default: that of the credentials'),
  accountConcurrency: count
    .default(DEFAULT_ACCOUNT_CONCURRENCY)
    .describe(
      "Invocations at once that Lambda allows the account in the region: its quota 'Concurrent executions'. A deployment that takes more is refused",
    ),
  qualifier: z
    .string()
    .regex(/^[a-z0-9]{1,10}$/, 'must be 1 to 10 lower-case letters and digits')
    .exactOptional()
    .describe('Qualifier that the account was bootstrapped with. Default: that of the CDK'),
  permissionsBoundary: z
    .string()
    .regex(/^[\w+=,.@/-]+$/, 'must be the name of a managed policy, and not its ARN')
    .exactOptional()
    .describe('Name of the managed policy that bounds every role. Default: none'),
  tags: tags.default({}).describe('Tags of every resource, such as a cost centre'),
  terminationProtection: z
    .boolean()
    .default(false)
    .describe('Whether CloudFormation refuses to delete the stacks'),
  removalPolicy: z
    .enum(['destroy', 'retain'])
    .default('retain')
    .describe('What becomes of logs, and of buckets with their files, when a stack is deleted'),
  logRetentionDays: logRetentionDays.default(30).describe('Days for which logs are kept'),
  encryptionKeyArn: kmsKeyArn
    .exactOptional()
    .describe(
      'KMS key for logs, buckets and environment variables; docs/explanation/security.md has what it must permit. Default: keys that AWS owns',
    ),
  packagesFolder: nonEmpty
    .exactOptional()
    .describe(
      'Folder of model packages, from the folder of the app. Default: models, else the default models',
    ),
  packages: packageSourceSchema
    .exactOptional()
    .describe('Packages that the synth fetches, where they are not in a folder. Default: none'),
  functions: z
    .record(
      z.string().regex(/^[a-z][a-z0-9-]{0,30}$/, 'must be 1 to 31 of a-z 0-9 - and start with a letter'),
      anyFunction,
    )
    .refine((functions) => Object.keys(functions).length > 0, 'must have one function at least')
    .describe('The functions, by a name of your own. A model is served by one of them'),
  api: apiSchema.prefault({}).describe('The HTTP API in front of the functions'),
  upload: upload.exactOptional().describe('Files in S3 that are predicted as they arrive. Default: none'),
  server: server
    .exactOptional()
    .describe('A long-lived server on GPU instances, for models too large for Lambda. Default: none'),
  observability: observabilitySchema.prefault({}).describe('Dashboard and alarms'),
  pipeline: pipelineSchema
    .exactOptional()
    .describe('Roles for workflows of GitHub that deploy, and that compare pull requests. Default: none'),
});

type AddIssue = (issue: { code: 'custom'; path: string[]; message: string }) => void;

/** The server may serve a model that a function serves too: then it takes the requests that are too heavy for the function. */
function checkServer(
  models: Readonly<Record<string, 'job' | 'cpu'>>,
  servedBy: ReadonlyMap<string, string>,
  addIssue: AddIssue,
): void {
  const seen = new Set<string>();
  for (const [ref, fallback] of Object.entries(models)) {
    const name = parseModelRef(ref).name;
    const wrong = (message: string) => addIssue({ code: 'custom', path: ['server', 'models', ref], message });
    if (seen.has(name)) wrong('must be named once: one fallback holds for all its versions');
    if (fallback === 'cpu' && !servedBy.has(name)) {
      wrong("must be a model of a function too, because the fallback 'cpu' is that this function answers");
    }
    seen.add(name);
  }
}

/** S3 deletes a job that is not done by then, and a client that asks for it is told that there never was one. */
function checkExpiration({ jobs, task }: z.output<typeof server>, addIssue: AddIssue): void {
  const hours = Number(task.environment.PILOTLIGHT_JOB_DEADLINE_HOURS ?? DEFAULT_JOB_DEADLINE_HOURS);
  if (24 * jobs.resultExpirationDays > hours) return;
  const message = `must be ${Math.floor(hours / 24) + 1} or more: a job that is not done has failed after ${hours} hours (PILOTLIGHT_JOB_DEADLINE_HOURS), and is to be found until then`;
  addIssue({ code: 'custom', path: ['server', 'jobs', 'resultExpirationDays'], message });
}

type Served = z.output<typeof servedFunction>;
type Web = z.output<typeof webFunction>;

/** Web functions have addresses of their own; the others share the HTTP API. `compute` has then said all that it says. */
function divide(all: Readonly<Record<string, Served | Web>>) {
  const functions: Record<string, Omit<Served, 'compute'>> = {};
  const webFunctions: Record<string, Omit<Web, 'compute'>> = {};
  for (const [name, one] of Object.entries(all)) {
    if (one.compute === 'web') {
      const { compute, ...settings } = one;
      webFunctions[name] = settings;
    } else {
      const { compute, ...settings } = one;
      functions[name] = settings;
    }
  }
  return { functions, webFunctions };
}

/** A model has one route, and a route leads to one function. */
const checkedFields = configFields.superRefine((config, { addIssue }) => {
  const { api, server } = config;
  for (const { path, message } of explainDelivery(config))
    addIssue({ code: 'custom', path: [...path], message });
  const { functions, webFunctions } = divide(config.functions);
  const outputs = new Map<string, string>();
  for (const [name, { release }] of Object.entries(webFunctions)) {
    const other = outputs.get(name.replaceAll('-', ''));
    if (other !== undefined) {
      const message = `must differ from ${other} by more than -, which outputs of a stack do not have`;
      addIssue({ code: 'custom', path: ['functions', name], message });
    }
    outputs.set(name.replaceAll('-', ''), name);
    if (!release.previous || config.removalPolicy === 'retain') continue;
    const message =
      'needs removalPolicy retain, because an earlier revision is otherwise deleted when a newer one takes over';
    addIssue({ code: 'custom', path: ['functions', name, 'release', 'previous'], message });
  }
  const servedBy = new Map<string, string>();
  const serve = (models: readonly string[], by: string, path: string[]) => {
    for (const model of models.map((ref) => parseModelRef(ref).name)) {
      const other = servedBy.get(model) ?? by;
      if (other !== by) {
        const message = `must not name ${model}, which ${other} serves: a model is served in one place`;
        addIssue({ code: 'custom', path: [...path, 'models'], message });
      }
      servedBy.set(model, by);
    }
  };
  for (const [name, { models }] of Object.entries(functions)) serve(models, name, ['functions', name]);
  checkServer(server?.models ?? {}, servedBy, addIssue);
  if (server) checkExpiration(server, addIssue);
  const tooMany = explainConcurrency({ ...config, functions });
  if (tooMany !== undefined) addIssue({ code: 'custom', path: ['accountConcurrency'], message: tooMany });
  if (server && Object.keys(functions).length === 0) {
    const message = 'needs a function whose compute is function: it hands requests over to the server';
    addIssue({ code: 'custom', path: ['server'], message });
  }
  const names = Object.keys(functions);
  if (api.defaultFunction !== undefined && !names.includes(api.defaultFunction)) {
    const meant = closest(api.defaultFunction, names);
    const message = `must be one of functions${meant === undefined ? '' : ` (did you mean ${meant}?)`}`;
    addIssue({ code: 'custom', path: ['api', 'defaultFunction'], message });
  }
});

/** Divides the functions, so that nobody who deploys one kind has to ask of which kind it is. */
export const configSchema = checkedFields.transform(({ functions, ...rest }) => ({
  ...rest,
  ...divide(functions),
}));

/** A configuration as a team writes it. */
export type ConfigInput = z.input<typeof configSchema>;
/** A configuration with every default filled in. */
export type Config = z.output<typeof configSchema>;

/** Gives a configuration file its types: completion, and an error in the editor for a name that does not exist. */
export function defineConfig(config: ConfigInput): ConfigInput {
  return config;
}
