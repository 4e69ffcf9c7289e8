import { METRICS_NAMESPACE } from '@pilotlight/app/internal/telemetry/metric-names';
import { bundleFolder } from '@pilotlight/functions';
import {
  describePackage,
  type PackageDescription,
  type Placement,
  PREFERENCES,
  type Preference,
  placeModels,
} from '@pilotlight/layers/internal/models/index';
import { ARCHITECTURES, runtimeLayerBytes } from '@pilotlight/layers/internal/runtime/index';
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import {
  type Alias,
  type IAlias,
  type Function as LambdaFunction,
  SnapStartConf,
} from 'aws-cdk-lib/aws-lambda';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import {
  acknowledgePublishedVersion,
  acknowledgeSynchronous,
  acknowledgeTracing,
} from './acknowledgements.ts';
import { commonOptions } from './bundled-function.ts';
import { Canary, type CanaryOptions } from './canary.ts';
import { type ColdStart, capacityOf } from './cold-start.ts';
import { checkColdStart } from './cold-start-checks.ts';
import { scaleProvisionedConcurrency } from './cold-start-scaling.ts';
import { checkEnvironment } from './environment-checks.ts';
import { executionRole, type LoggingProps, logGroup } from './execution-role.ts';
import { checkAliasName, checkMemory, checkOption, checkProps } from './inference-function-checks.ts';
import { ephemeralStorageOf, placedFunction } from './inference-function-code.ts';
import {
  besideContainer,
  type ContainerOptions,
  containerVariables,
  grantContainer,
} from './inference-function-container.ts';
import { paths } from './paths.ts';
import type { Architecture } from './runtime-layer.ts';
import { WarmUpSchedule } from './warm-up-schedule.ts';

export interface InferenceFunctionProps extends LoggingProps {
  /** Models to serve, by name or by name and version, such as `sentiment` or `intent@1.0.0`. */
  readonly models: readonly string[];
  /** Folder of model packages. @default - `model-assets/packages` of Pilotlight */
  readonly packagesFolder?: string;
  /** Variant to serve of every model. @default - the `defaultVariant` of each manifest */
  readonly variant?: string;
  /** Where the models are to go. @default - layers, else S3, else an image: the first that has room */
  readonly placement?: Preference;
  /** @default 'arm64' */
  readonly architecture?: Architecture;
  /**
   * 128 to 10,240 MB. Each 1,769 MB buy a vCPU, and the function uses as many threads as it has vCPUs. New accounts may
   * be limited to 3,008 MB.
   *
   * @default 1769
   */
  readonly memoryMegabytes?: number;
  /** @default Duration.seconds(29), which is as long as API Gateway waits */
  readonly timeout?: Duration;
  /** Environments at most, taken from what the account has. @default - no limit but the account's */
  readonly reservedConcurrency?: number;
  /** @default {kind: 'none'} */
  readonly coldStart?: ColdStart;
  /** Moves traffic to a new version little by little, and back when an alarm rings. @default - all at once */
  readonly canary?: CanaryOptions;
  /**
   * A container that takes what this function can not answer, or not in time. The function then stands in its network.
   *
   * @default - none: what the function can not answer is refused
   */
  readonly container?: ContainerOptions;
  /** Name of the alias that clients invoke. @default 'live' */
  readonly aliasName?: string;
  /** Whether X-Ray traces requests. @default false */
  readonly tracing?: boolean;
  /** Further variables of docs/operations.md. @default - none */
  readonly environment?: Readonly<Record<string, string>>;
  /** @default - none */
  readonly description?: string;
}

/**
 * Serves models: a Lambda function with its packages where they have room, a published version, an alias that clients
 * invoke, and what is done about cold starts.
 */
export class InferenceFunction extends Construct {
  readonly function: LambdaFunction;
  /** What to invoke. It moves from version to version. */
  readonly alias: IAlias;
  readonly placement: Placement;
  /** The models as `name@version`. */
  readonly modelRefs: readonly string[];
  /** The models by name. */
  readonly modelNames: readonly string[];
  readonly memoryMegabytes: number;
  /** What the memory buys, such as 1 or 1.7. */
  readonly vcpus: number;
  readonly coldStart: ColdStart;
  readonly logGroup: LogGroup;
  /** CloudWatch namespace of its metrics. */
  readonly metricsNamespace: string;
  /** Models that a container has for it, by name; none without `container`. */
  readonly containerModels: readonly string[];
  /** Only where the cold start is of kind `warmup`. */
  readonly warmUp: WarmUpSchedule | undefined;
  /** Only with `canary`. */
  readonly canary: Canary | undefined;

  /**
   * @throws InfraError INVALID_PROPS, INVALID_COLD_START, UNSUPPORTED_PLACEMENT; EngineError for a package that is missing
   * or damaged; LayerError for models that fit nowhere
   */
  constructor(scope: Construct, id: string, props: InferenceFunctionProps) {
    super(scope, id);
    const { architecture = 'arm64', memoryMegabytes = MEGABYTES_PER_VCPU, aliasName = 'live' } = props;
    checkProps({ ...props, memoryMegabytes });
    checkEnvironment(props.environment);
    checkOption('architecture', architecture, ARCHITECTURES);
    if (props.placement) checkOption('placement', props.placement, PREFERENCES);
    const packages = props.models.map((ref) => describe(ref, props));
    checkMemory(
      memoryMegabytes,
      packages.reduce((sum, { bytes }) => sum + bytes, 0),
    );
    this.memoryMegabytes = memoryMegabytes;
    this.vcpus = memoryMegabytes / MEGABYTES_PER_VCPU;
    this.modelRefs = packages.map(({ name, version }) => `${name}@${version}`);
    this.modelNames = [...new Set(packages.map(({ name }) => name))];
    this.containerModels = Object.keys(props.container?.models ?? {});
    this.metricsNamespace = props.environment?.PILOTLIGHT_METRICS_NAMESPACE ?? METRICS_NAMESPACE;
    this.placement = placeModels({
      packages,
      functionBytes: bundleFolder('predict').bytes,
      runtimeLayerBytes: runtimeLayerBytes(architecture),
      ...(props.placement && { prefer: props.placement }),
    });
    this.coldStart = props.coldStart ?? { kind: 'none' };
    checkColdStart(this.coldStart, {
      placement: this.placement.kind,
      ephemeralStorageMegabytes: ephemeralStorageOf(this.placement),
      reservedConcurrency: props.reservedConcurrency,
      aliasName,
    });
    checkAliasName(aliasName);
    this.logGroup = logGroup(this, 'Logs', props);
    this.function = this.#function(props, architecture);
    acknowledgeSynchronous(this.function);
    const alias = this.#alias(aliasName);
    // `Alias` has a `role` that may be undefined, `IAlias` one that may be absent: one thing, but not to the compiler.
    this.alias = alias as IAlias;
    this.warmUp = this.#warmUp(props);
    this.canary = props.canary && this.#canary(alias, props, props.canary);
  }

  /** Lets a role or user invoke the alias, and no version beside it. */
  grantInvoke(grantee: IGrantable): Grant {
    return this.alias.grantInvoke(grantee);
  }

  #function(props: InferenceFunctionProps, architecture: Architecture): LambdaFunction {
    const role = executionRole(this, 'Role', this.logGroup, props.encryptionKey);
    const { container } = props;
    if (props.tracing) acknowledgeTracing(role);
    if (container) grantContainer(role, container);
    return placedFunction(this, 'Function', {
      placement: this.placement,
      architecture,
      role,
      options: {
        ...commonOptions(props, role, this.logGroup),
        ...(container && besideContainer(container)),
        description: props.description ?? `Pilotlight: ${this.modelRefs.join(', ')}`.slice(0, 256),
        memorySize: this.memoryMegabytes,
        timeout: props.timeout ?? Duration.seconds(29),
        environment: {
          PILOTLIGHT_PRELOAD_MODELS: this.modelRefs.join(','),
          ...(props.variant && { PILOTLIGHT_VARIANT: props.variant }),
          ...(container && containerVariables(this, container)),
          ...props.environment,
        },
        // An older version stays, so that the alias can be put back to it by hand.
        currentVersionOptions: { removalPolicy: RemovalPolicy.RETAIN },
        ...(this.coldStart.kind === 'snapstart-image' && { snapStart: SnapStartConf.ON_PUBLISHED_VERSIONS }),
        ...(props.reservedConcurrency && { reservedConcurrentExecutions: props.reservedConcurrency }),
      },
    });
  }

  #alias(aliasName: string): Alias {
    const { coldStart } = this;
    const provisioned = coldStart.kind === 'provisioned' ? coldStart : undefined;
    const initial = provisioned && capacityOf(provisioned).min;
    if (coldStart.kind === 'snapstart-image') acknowledgePublishedVersion(this.function);
    const alias = this.function.addAlias(
      aliasName,
      initial ? { provisionedConcurrentExecutions: initial } : {},
    );
    if (provisioned) scaleProvisionedConcurrency(alias, provisioned);
    return alias;
  }

  #warmUp(props: InferenceFunctionProps): WarmUpSchedule | undefined {
    if (this.coldStart.kind !== 'warmup') return undefined;
    const { kind: _, ...warmUp } = this.coldStart;
    const { alias, metricsNamespace } = this;
    return new WarmUpSchedule(this, 'WarmUp', { ...props, ...warmUp, alias, metricsNamespace });
  }

  #canary(alias: Alias, props: InferenceFunctionProps, options: CanaryOptions): Canary {
    const { modelRefs: models, metricsNamespace } = this;
    return new Canary(this, 'Canary', { ...props, ...options, alias, models, metricsNamespace });
  }
}

/** https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html */
const MEGABYTES_PER_VCPU = 1769;

function describe(ref: string, { packagesFolder, variant }: InferenceFunctionProps): PackageDescription {
  const at = ref.indexOf('@');
  const wanted = at < 0 ? { name: ref } : { name: ref.slice(0, at), version: ref.slice(at + 1) };
  return describePackage(packagesFolder ?? paths.packages, wanted, variant === undefined ? {} : { variant });
}
