import { basename } from 'node:path';
import { PREVIEW_ENDPOINT } from '@pilotlight/app/internal/aws/golden-report';
import type { StageSetting } from '@pilotlight/app/internal/telemetry/stage-metrics';
import { bundleFolder } from '@pilotlight/functions';
import type { PackageDescription } from '@pilotlight/layers/internal/models/index';
import { buildWebPackage, WEB_PREDICTORS, type WebPackage } from '@pilotlight/layers/internal/web/index';
import { CfnDeletionPolicy, Duration, Names, Stack } from 'aws-cdk-lib';
import type { Grant, IGrantable, Role } from 'aws-cdk-lib/aws-iam';
import {
  type CfnWebFunctionEndpoint,
  type CfnWebFunctionRevision,
  WebFunction,
  WebFunctionAuthType,
  type WebFunctionEndpoint,
  WebFunctionRuntime,
} from 'aws-cdk-lib/aws-lambda';
import { FilterPattern, type LogGroup, MetricFilter } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type * as z from 'zod';
import { UsageTable } from '../api/usage-table.ts';
import { acknowledge } from '../common/acknowledgements.ts';
import { describeModels, signedByVariable } from '../common/describe-models.ts';
import { checkServerEnvironment } from '../common/environment.ts';
import { InfraError } from '../common/errors.ts';
import { executionRole, type LoggingProps } from '../common/execution-role.ts';
import { followRegistry } from '../common/followed-registry.ts';
import { grantReadKeys } from '../common/key-secret.ts';
import { chooseMetricsNamespace } from '../common/metrics-namespace.ts';
import { buildFolder, defaultPackagesFolder } from '../common/paths.ts';
import { checkSettings } from '../common/problems.ts';
import { readDrift, readStageMetrics, refuseOwned } from '../function/model-function.ts';
import { WebCodeBucket } from './code-bucket.ts';
import { GoldenGate } from './golden-gate.ts';
import { type WebFunctionSettings, webFunctionSchema } from './schema.ts';
import { WebLogs } from './web-logs.ts';

export interface WebInferenceFunctionProps {
  /** Models to serve, by name or by name and version, such as `sentiment` or `intent@1.0.0`. */
  readonly models: WebFunctionSettings['models'];
  /** Which files of the models are served. @default - the default variant of each */
  readonly packages?: WebFunctionSettings['packages'];
  /** Time, concurrency, scale and variables. @default - 30 seconds, and 64 requests at once in one environment */
  readonly web?: WebFunctionSettings['web'];
  /** Who may call. @default {kind: 'iam'} */
  readonly auth?: WebFunctionSettings['auth'];
  /** How a new revision takes over. @default - at once, where its models answer as their goldens say */
  readonly release?: WebFunctionSettings['release'];
  /** The CloudWatch namespace of its metrics, one for each deployment of an account. @default 'Pilotlight/<name of the stack>' */
  readonly metricsNamespace?: string;
  /** How logs are kept, and what encrypts them and the variables. @default - a month, with keys that AWS owns */
  readonly logging?: LoggingProps;
}

type Settings = z.output<typeof webFunctionSchema>;

/**
 * Serves models with a Lambda web function: the long-lived server, whose environments take many requests at once, under an HTTPS
 * address of its own. Code, native packages and models are one zip.
 */
export class WebInferenceFunction extends Construct {
  readonly webFunction: WebFunction;
  /** Its name, which is unique in all regions of the account. */
  readonly functionName: string;
  /** The endpoint that clients call. */
  readonly endpoint: WebFunctionEndpoint;
  /** Ends in a slash. */
  readonly url: string;
  /** Id of the revision of this deployment, which `release.previous` of a later one may name. */
  readonly revisionId: string;
  /** The models as `name@version`. */
  readonly modelRefs: readonly string[];
  /** The models by name. */
  readonly modelNames: readonly string[];
  /** What is deployed: its size unzipped, and where it was built. */
  readonly package: WebPackage;
  readonly packages: readonly PackageDescription[];
  readonly logGroup: LogGroup;
  /** Counts environments that did not start, of which a web function itself cannot tell. */
  readonly initFailures: MetricFilter;
  /** CloudWatch namespace of its metrics. */
  readonly metricsNamespace: string;
  /** Whether stages of requests and loads are metrics, or fields of its log. */
  readonly stageMetrics: StageSetting;
  /** Whether it compares texts and answers with the references of packages. */
  readonly watchesDrift: boolean;
  /** Present only with `auth.quotas`. */
  readonly usage: UsageTable | undefined;
  /** Absent where `release.goldens` is false. */
  readonly gate: GoldenGate | undefined;
  readonly #role: Role;

  /**
   * @throws InfraError INVALID_PROPS, UNSUPPORTED_PLACEMENT; EngineError for a package that is missing or damaged; LayerError
   * PLACEMENT_IMPOSSIBLE for more than 512 MB
   */
  constructor(scope: Construct, id: string, props: WebInferenceFunctionProps) {
    super(scope, id);
    const { logging, metricsNamespace, ...data } = props;
    const settings = checkSettings(scope, id, webFunctionSchema, data);
    const { auth, packages, release, web } = settings;
    refuseOwned(web.environment, OWNED, 'web.environment');
    checkServerEnvironment(web.environment);
    this.packages = describeLight(settings);
    this.modelRefs = this.packages.map(({ name, version }) => `${name}@${version}`);
    this.modelNames = [...new Set(this.packages.map(({ name }) => name))];
    this.metricsNamespace = chooseMetricsNamespace(scope, id, metricsNamespace);
    this.stageMetrics = readStageMetrics(web.environment);
    this.watchesDrift = readDrift(web.environment);
    this.package = buildWebPackage({
      models: this.packages,
      bundle: bundleFolder('web').folder,
      outdir: buildFolder('functions'),
      ...(packages.predictors !== undefined && { predictors: packages.predictors }),
    });
    const logs = new WebLogs(this, 'Logs', logging);
    this.logGroup = logs.gathered;
    this.initFailures = new MetricFilter(this, 'InitFailures', {
      logGroup: logs.local,
      filterPattern: FilterPattern.literal(
        '{ $.type = "platform.initReport" && $.record.status = "failure" }',
      ),
      metricNamespace: this.metricsNamespace,
      metricName: `WebInitFailures-${id}`,
    });
    this.functionName = uniqueName(this);
    this.#role = executionRole(this, 'WebRole', logs.gathered, logging?.encryptionKey);
    logs.local.grantWrite(this.#role);
    this.usage = this.#usageTable(auth, logging);
    this.webFunction = this.#webFunction(settings, logging);
    this.endpoint = this.webFunction.endpoint;
    this.url = `https://${this.endpoint.domainName}/`;
    this.revisionId = this.webFunction.revisionId;
    if (auth.kind === 'api-key') grantReadKeys(this, auth, this.#role);
    if (auth.kind !== 'iam') acknowledge(this.endpoint, PUBLIC_ENDPOINT, publicReason(auth));
    keepRevision(this.webFunction, release.keepRevisions);
    if (release.previous) shareTraffic(this.webFunction, release.previous, release.keepRevisions);
    if (release.goldens) this.gate = this.#gate(release, logging);
  }

  /** Lets a role or user call the endpoint. Callers need it only where the authorisation is that of IAM. */
  grantInvoke(grantee: IGrantable): Grant {
    return this.endpoint.grants.invoke(grantee);
  }

  #webFunction({ auth, packages, release, web }: Settings, logging: LoggingProps | undefined): WebFunction {
    const bucket = WebCodeBucket.of(this, { keep: release.keepRevisions, logging });
    const { maxEnvironments, rateLimit, description = `Pilotlight: ${this.modelRefs.join(', ')}` } = web;
    const webFunction = new WebFunction(this, 'Function', {
      webFunctionName: this.functionName,
      revisionDescription: description.slice(0, 256),
      code: bucket.code(this.package.folder),
      runtime: WebFunctionRuntime.NODEJS_24_X,
      role: this.#role,
      logGroup: this.logGroup,
      timeout: Duration.seconds(web.timeoutSeconds),
      maxConcurrencyPerEnvironment: web.maxConcurrencyPerEnvironment,
      defaultEndpointAuth: AUTH_TYPES[auth.kind],
      defaultEndpoint: {
        ...(maxEnvironments !== undefined && { maxEnvironments }),
        ...(rateLimit !== undefined && { rateLimit }),
      },
      ...(logging?.encryptionKey && { kmsKey: logging.encryptionKey }),
      environment: {
        // The code is one object that never changes, and was compared with its checksums at synth, as layers are.
        PILOTLIGHT_VERIFY: 'size',
        ...web.environment,
        PILOTLIGHT_MODELS_DIR: '/var/task/models',
        PILOTLIGHT_PRELOAD_MODELS: this.modelRefs.join(','),
        PILOTLIGHT_METRICS_NAMESPACE: this.metricsNamespace,
        PILOTLIGHT_FUNCTION_NAME: this.functionName,
        ...(packages.variant !== undefined && { PILOTLIGHT_VARIANT: packages.variant }),
        ...(packages.predictors !== undefined && { PILOTLIGHT_PREDICTORS: `/var/task/${WEB_PREDICTORS}` }),
        ...signedByVariable(packages.signedBy),
        ...(packages.registry && followRegistry(this.#role, packages.registry, this.modelNames)),
        ...(auth.kind === 'api-key' && { PILOTLIGHT_API_KEYS_SECRET: auth.secretArn }),
        ...(this.usage && { PILOTLIGHT_QUOTAS: this.usage.settings }),
      },
    });
    // No environment starts before it may write its log.
    webFunction.node.addDependency(this.#role);
    bucket.permitCopy(webFunction);
    nameBare(webFunction.resourceRevision, this.functionName);
    nameBare(webFunction.endpoint.resource, this.functionName);
    webFunction.resourceRevision.addResourceDependency(webFunction.resource);
    if (logging?.encryptionKey) {
      const reason =
        'The policy of a key of another app cannot be extended here; docs/explanation/security.md has what it must permit.';
      acknowledge(webFunction, '@aws-cdk/aws-lambda:webFunctionImportedEnvVarKmsKey', reason);
    }
    return webFunction;
  }

  #usageTable(auth: Settings['auth'], logging: LoggingProps | undefined): UsageTable | undefined {
    if (auth.kind !== 'api-key' || !auth.quotas) return undefined;
    const usage = new UsageTable(this, 'Usage', { quotas: auth.quotas, ...(logging && { logging }) });
    usage.permitCounting(this.#role);
    return usage;
  }

  /** An endpoint that nobody but the gate may call leads to the new revision first. */
  #gate({ toleratedDrift }: Settings['release'], logging: LoggingProps | undefined): GoldenGate {
    const preview = this.webFunction.addEndpoint('Preview', {
      endpointName: PREVIEW_ENDPOINT,
      authType: WebFunctionAuthType.IAM_AUTH,
      endpointDescription: 'Checks a new revision before it has traffic',
      maxEnvironments: 2,
    });
    nameBare(preview.resource, this.functionName);
    const gate = new GoldenGate(this, 'Goldens', {
      webFunction: this.webFunction,
      code: basename(this.package.folder),
      preview,
      models: this.modelRefs.length,
      toleratedDrift,
      logging,
    });
    this.endpoint.node.addDependency(gate.checked);
    return gate;
  }
}

const AUTH_TYPES: Readonly<Record<Settings['auth']['kind'], WebFunctionAuthType>> = {
  iam: WebFunctionAuthType.IAM_AUTH,
  'api-key': WebFunctionAuthType.APPLICATION_MANAGED,
  none: WebFunctionAuthType.APPLICATION_MANAGED,
};

const PUBLIC_ENDPOINT = '@aws-cdk/aws-lambda:webFunctionPublicEndpoint';

function publicReason(auth: Exclude<Settings['auth'], { kind: 'iam' }>): string {
  return auth.kind === 'none'
    ? auth.reason
    : 'The application itself asks every caller for a key, before it does anything else.';
}

/** Variables that the construct sets, each with the property to use instead. */
const OWNED: Readonly<Record<string, string>> = {
  PILOTLIGHT_MODELS_DIR: 'packages.folder',
  PILOTLIGHT_PRELOAD_MODELS: 'models',
  PILOTLIGHT_VARIANT: 'packages.variant',
  PILOTLIGHT_PREDICTORS: 'packages.predictors',
  PILOTLIGHT_SIGNED_BY: 'packages.signedBy',
  PILOTLIGHT_REGISTRY: 'packages.registry',
  PILOTLIGHT_REGISTRY_MODELS: 'packages.registry',
  PILOTLIGHT_REGISTRY_POLL_SECONDS: 'packages.registry',
  PILOTLIGHT_METRICS_NAMESPACE: 'metricsNamespace',
  PILOTLIGHT_FUNCTION_NAME: '',
  PILOTLIGHT_API_KEYS_SECRET: 'auth',
  PILOTLIGHT_HOST: '',
  PILOTLIGHT_PORT: '',
  PILOTLIGHT_QUOTAS: 'auth.quotas',
};

function describeLight({ models, packages, web }: Settings): PackageDescription[] {
  const folder = packages.folder ?? defaultPackagesFolder();
  const { variant, signedBy, registry } = packages;
  const described = describeModels(folder, models, {
    environment: web.environment,
    followed: registry !== undefined,
    ...(variant !== undefined && { variant }),
    ...(signedBy && { signedBy }),
  });
  const heavy = described.filter(({ tier }) => tier === 'gpu');
  if (heavy.length === 0) return described;
  const names = heavy.map(({ name, version }) => `${name}@${version}`).join(', ');
  throw new InfraError(
    'UNSUPPORTED_PLACEMENT',
    `${names} has the tier gpu, which a web function does not have. Serve it with an InferenceServer, or package a variant of tier lambda.`,
  );
}

/** Lambda has each name once in all regions of an account, so that the region is part of it. */
function uniqueName(scope: Construct): string {
  return `${Names.uniqueResourceName(scope, { maxLength: 46, separator: '-' })}-${Stack.of(scope).region}`;
}

/**
 * The CDK names the function by its ARN here. AWS's own guide for coding agents warns that an endpoint named so cannot be read
 * back, so that its stack neither comes up nor rolls back; both agree that a bare name works.
 */
function nameBare(resource: CfnWebFunctionRevision | CfnWebFunctionEndpoint, functionName: string): void {
  resource.functionName = functionName;
}

/** A revision that stays when a newer one replaces it goes with its function. Lambda keeps 50, and deletes the oldest. */
function keepRevision({ resourceRevision }: WebFunction, keep: boolean): void {
  if (!keep) return;
  resourceRevision.cfnOptions.updateReplacePolicy = CfnDeletionPolicy.RETAIN;
  resourceRevision.cfnOptions.deletionPolicy = CfnDeletionPolicy.DELETE;
}

/** Divides the requests between the new revision and an earlier one, which the L2 endpoint of the CDK cannot yet. */
function shareTraffic(
  { endpoint, revisionId }: WebFunction,
  previous: NonNullable<Settings['release']['previous']>,
  kept: boolean,
): void {
  if (!kept) {
    throw new InfraError(
      'INVALID_PROPS',
      'release.previous needs release.keepRevisions, because an earlier revision is otherwise deleted when a newer one takes over.',
    );
  }
  endpoint.resource.revisionWeights = [
    { revisionId, weight: 100 - previous.weight },
    { revisionId: previous.revisionId, weight: previous.weight },
  ];
}
