import type { StageSetting } from '@pilotlight/app/internal/telemetry/stage-metrics';
import { bundleFolder, type FunctionName } from '@pilotlight/functions';
import { type Placement, placeModels } from '@pilotlight/layers/internal/models/index';
import { runtimeLayerBytes } from '@pilotlight/layers/internal/runtime/index';
import { MEGABYTES_PER_VCPU } from '@pilotlight/model-format';
import { Annotations, Duration } from 'aws-cdk-lib';
import type { Role } from 'aws-cdk-lib/aws-iam';
import type { FunctionOptions, Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type * as z from 'zod';
import { acknowledgeTracing, acknowledgeUntraced } from '../common/acknowledgements.ts';
import { commonOptions } from '../common/bundled-function.ts';
import { describeModels, signedByVariable } from '../common/describe-models.ts';
import { InfraError } from '../common/errors.ts';
import { executionRole, type LoggingProps, logGroup } from '../common/execution-role.ts';
import { followRegistry } from '../common/followed-registry.ts';
import { chooseMetricsNamespace } from '../common/metrics-namespace.ts';
import { defaultPackagesFolder } from '../common/paths.ts';
import type { ColdStart } from './cold-start/schema.ts';
import { checkFetchTime } from './fetch-time.ts';
import { chooseEphemeralStorage, placedFunction } from './placed-function.ts';
import { codeFolder, PREDICTORS } from './predictors-code.ts';
import type { lambdaSchema, packagesSchema } from './schema.ts';
import { grantInterfaces, inGivenVpc } from './vpc-place.ts';

export interface ModelFunctionSettings {
  /** The function that is bundled, with the engine in it. */
  readonly bundle: FunctionName;
  readonly models: readonly string[];
  readonly packages: z.output<typeof packagesSchema>;
  readonly lambda: Omit<z.output<typeof lambdaSchema>, 'reservedConcurrency'>;
  readonly metricsNamespace: string | undefined;
  readonly logging: LoggingProps | undefined;
  /** @default - the function is of a kind that has no measures */
  readonly coldStart?: ColdStart['kind'];
}

/** The options that one kind of function adds to those of all functions. */
export interface OwnFunctionOptions extends Omit<FunctionOptions, 'environment'> {
  /** They hold whatever the settings say; `refuseOwned` has refused those of the settings that would be lost. */
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * A Lambda function that serves models: their packages where they have room, a log group, and a role that may write to it
 * and nothing else yet.
 */
export abstract class ModelFunction extends Construct {
  abstract readonly function: LambdaFunction;
  readonly placement: Placement;
  /** Size of /tmp in MB. */
  readonly ephemeralStorageMegabytes: number;
  /** The models as `name@version`. */
  readonly modelRefs: readonly string[];
  /** The models by name. */
  readonly modelNames: readonly string[];
  readonly memoryMegabytes: number;
  /** vCPUs that the memory buys, such as 1 or 1.7. */
  readonly vcpus: number;
  readonly logGroup: LogGroup;
  /** CloudWatch namespace of its metrics. */
  readonly metricsNamespace: string;
  /** Whether stages of requests and loads are metrics, or fields of its log. */
  readonly stageMetrics: StageSetting;
  /** Whether it compares texts and answers with the references of packages. */
  readonly watchesDrift: boolean;
  protected readonly role: Role;
  readonly #settings: ModelFunctionSettings;

  /**
   * @throws InfraError INVALID_PROPS, UNSUPPORTED_PLACEMENT; EngineError for a package that is missing or damaged; LayerError for
   * models that fit nowhere
   */
  constructor(scope: Construct, id: string, settings: ModelFunctionSettings) {
    super(scope, id);
    const { models, packages, lambda, logging, coldStart } = settings;
    const folder = packages.folder ?? defaultPackagesFolder();
    const { variant, signedBy, registry } = packages;
    const described = describeModels(folder, models, {
      environment: lambda.environment,
      followed: registry !== undefined,
      ...(variant !== undefined && { variant }),
      ...(signedBy && { signedBy }),
    });
    checkMemory(
      lambda.memoryMegabytes,
      described.reduce((sum, { bytes }) => sum + bytes, 0),
    );
    this.#settings = settings;
    this.memoryMegabytes = lambda.memoryMegabytes;
    this.vcpus = lambda.memoryMegabytes / MEGABYTES_PER_VCPU;
    this.modelRefs = described.map(({ name, version }) => `${name}@${version}`);
    this.modelNames = [...new Set(described.map(({ name }) => name))];
    this.metricsNamespace = chooseMetricsNamespace(scope, id, settings.metricsNamespace);
    this.stageMetrics = readStageMetrics(lambda.environment);
    this.watchesDrift = readDrift(lambda.environment);
    this.placement = placeModels({
      packages: described,
      functionBytes: bundleFolder(settings.bundle).bytes,
      runtimeLayerBytes: runtimeLayerBytes(lambda.architecture),
      ...(packages.placement && { prefer: packages.placement }),
    });
    const followed = described.filter(({ name }) => registry && (registry.models?.includes(name) ?? true));
    this.ephemeralStorageMegabytes = chooseEphemeralStorage(this.placement, followed);
    const slow = checkFetchTime({
      placement: this.placement,
      timeoutSeconds: lambda.timeoutSeconds,
      ...(coldStart && { coldStart }),
    });
    if (slow !== undefined) Annotations.of(this).addWarningV2('@pilotlight/constructs:slowFetch', slow);
    this.logGroup = logGroup(this, 'Logs', logging);
    this.role = executionRole(this, 'Role', this.logGroup, logging?.encryptionKey);
    if (lambda.network) grantInterfaces(this.role);
    if (lambda.tracing) acknowledgeTracing(this.role);
    else acknowledgeUntraced(this);
  }

  /** Makes the function, once the role may do what `own` asks for. @throws InfraError UNSUPPORTED_PLACEMENT */
  protected makeFunction(own: OwnFunctionOptions): LambdaFunction {
    const { bundle, packages, lambda, logging } = this.#settings;
    return placedFunction(this, 'Function', {
      code: codeFolder(bundle, packages.predictors),
      placement: this.placement,
      ephemeralStorageMegabytes: this.ephemeralStorageMegabytes,
      baseImage: packages.baseImage,
      architecture: lambda.architecture,
      role: this.role,
      options: {
        ...commonOptions({ tracing: lambda.tracing, logging }, this.role, this.logGroup),
        memorySize: this.memoryMegabytes,
        timeout: Duration.seconds(lambda.timeoutSeconds),
        ...(lambda.network && inGivenVpc(this, lambda.network)),
        ...own,
        ...(lambda.description !== undefined && { description: lambda.description }),
        environment: {
          ...lambda.environment,
          PILOTLIGHT_PRELOAD_MODELS: this.modelRefs.join(','),
          PILOTLIGHT_METRICS_NAMESPACE: this.metricsNamespace,
          ...(packages.variant !== undefined && { PILOTLIGHT_VARIANT: packages.variant }),
          ...(packages.predictors !== undefined && { PILOTLIGHT_PREDICTORS: PREDICTORS }),
          ...signedByVariable(packages.signedBy),
          ...(packages.registry && followRegistry(this.role, packages.registry, this.modelNames)),
          ...own.environment,
        },
      },
    });
  }
}

/** Variables that the construct of every function that serves models sets, each with the property to use instead. */
export const OWNED_VARIABLES: Readonly<Record<string, string>> = {
  PILOTLIGHT_MODELS_DIR: 'packages.folder',
  PILOTLIGHT_PRELOAD_MODELS: 'models',
  PILOTLIGHT_REMOTE_PACKAGES: 'models',
  PILOTLIGHT_REMOTE_FOLDER: 'models',
  PILOTLIGHT_REGISTRY: 'packages.registry',
  PILOTLIGHT_REGISTRY_MODELS: 'packages.registry',
  PILOTLIGHT_REGISTRY_POLL_SECONDS: 'packages.registry',
  PILOTLIGHT_VARIANT: 'packages.variant',
  PILOTLIGHT_PREDICTORS: 'packages.predictors',
  PILOTLIGHT_SIGNED_BY: 'packages.signedBy',
  PILOTLIGHT_METRICS_NAMESPACE: 'metricsNamespace',
};

/** Reads whether the function will watch drift: it does, unless its variables say otherwise. */
export function readDrift(environment: Readonly<Record<string, string>>): boolean {
  return environment.PILOTLIGHT_DRIFT !== 'off';
}

/** Reads how the function will tell of stages: as fields of its log, unless its variables ask for metrics. */
export function readStageMetrics(environment: Readonly<Record<string, string>>): StageSetting {
  return environment.PILOTLIGHT_STAGE_METRICS === 'metrics' ? 'metrics' : 'log';
}

/** A variable that a construct sets is refused in its settings, because one of the two would be lost in silence. */
export function refuseOwned(
  environment: Readonly<Record<string, string>>,
  owned: Readonly<Record<string, string>>,
  where = 'lambda.environment',
): void {
  const name = Object.keys(environment).find((candidate) => candidate in owned);
  if (name === undefined) return;
  const instead = owned[name];
  throw new InfraError(
    'INVALID_PROPS',
    `${where} has ${name}, which the construct sets: ${instead === '' ? 'leave it out' : `use ${instead} instead`}.`,
  );
}

/** Refuses a function whose memory is too small for the weights, which are used where they lie. @throws InfraError INVALID_PROPS */
export function checkMemory(memoryMegabytes: number, modelBytes: number): void {
  const megabytes = Math.ceil(modelBytes / 2 ** 20);
  if (megabytes < memoryMegabytes) return;
  throw new InfraError(
    'INVALID_PROPS',
    `The models have ${megabytes} MB and the function ${memoryMegabytes} MB of memory: lambda.memoryMegabytes must be more than the models have.`,
  );
}
