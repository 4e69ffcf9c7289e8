import { parseModelRef } from '@pilotlight/model-format';
import { RemovalPolicy } from 'aws-cdk-lib';
import type { Grant, IGrantable, Role } from 'aws-cdk-lib/aws-iam';
import {
  type Alias,
  type FunctionUrl,
  FunctionUrlAuthType,
  type IAlias,
  InvokeMode,
  type Function as LambdaFunction,
  SnapStartConf,
} from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import type * as z from 'zod';
import { acknowledgePublishedVersion, acknowledgeSynchronous } from '../common/acknowledgements.ts';
import { checkEnvironment } from '../common/environment.ts';
import { InfraError } from '../common/errors.ts';
import type { LoggingProps } from '../common/execution-role.ts';
import { checkSettings } from '../common/problems.ts';
import { checkColdStart } from './cold-start/checks.ts';
import { scaleProvisionedConcurrency } from './cold-start/scaling.ts';
import { type ColdStart, isScaled, readCapacity } from './cold-start/schema.ts';
import { WarmUpSchedule } from './cold-start/warm-up-schedule.ts';
import { besideServer, grantServer, type HandOver, serverVariables } from './hand-over.ts';
import { ModelFunction, OWNED_VARIABLES, refuseOwned } from './model-function.ts';
import { Canary } from './release/canary.ts';
import { type FunctionSettings, functionSchema } from './schema.ts';

export interface InferenceFunctionProps {
  /** Models to serve, by name or by name and version, such as `sentiment` or `intent@1.0.0`. */
  readonly models: FunctionSettings['models'];
  /** Which files of the models are served, and where they go. @default - the default variant, where there is room */
  readonly packages?: FunctionSettings['packages'];
  /** Memory, architecture, time, concurrency, tracing and variables of the function. @default - one vCPU on arm64 */
  readonly lambda?: FunctionSettings['lambda'];
  /** The measure against cold starts. @default {kind: 'none'} */
  readonly coldStart?: ColdStart;
  /**
   * Whether it has a URL of its own beside an API, at which generated texts arrive token by token. Callers sign their requests.
   *
   * @default false
   */
  readonly responseStream?: FunctionSettings['responseStream'];
  /** The alias that clients invoke, and how it moves to a new version. @default - `live`, all traffic at once */
  readonly release?: FunctionSettings['release'];
  /**
   * A server that takes what this function cannot answer, or not in time. The function then stands in its network.
   *
   * @default - none: what the function cannot answer is refused
   */
  readonly handOver?: HandOver;
  /** The CloudWatch namespace of its metrics, one for each deployment of an account. @default 'Pilotlight/<name of the stack>' */
  readonly metricsNamespace?: string;
  /** How logs are kept, and what encrypts them and the variables. @default - a month, with keys that AWS owns */
  readonly logging?: LoggingProps;
}

/**
 * Serves models: a Lambda function with its packages where they have room, a published version, an alias that clients
 * invoke, and a measure against cold starts.
 */
export class InferenceFunction extends ModelFunction {
  readonly function: LambdaFunction;
  /** The alias to invoke. It moves from version to version. */
  readonly alias: IAlias;
  /** Present only with `responseStream`. */
  readonly url: FunctionUrl | undefined;
  readonly coldStart: ColdStart;
  /** Models that a server has for it, by name; none without `handOver`. */
  readonly serverModels: readonly string[];
  /** Whether it may stand in a network, and can invoke other functions from there. */
  readonly reachesLambda: boolean;
  /** Present only where the cold start is of kind `warmup`. */
  readonly warmUp: WarmUpSchedule | undefined;
  /** Present only with `release.canary`. */
  readonly canary: Canary | undefined;

  /**
   * @throws InfraError INVALID_PROPS, INVALID_COLD_START, UNSUPPORTED_PLACEMENT; EngineError for a package that is missing
   * or damaged; LayerError for models that fit nowhere
   */
  constructor(scope: Construct, id: string, props: InferenceFunctionProps) {
    const { handOver, metricsNamespace: namespace, logging, ...data } = props;
    const settings = checkSettings(scope, id, functionSchema, data);
    const { models, packages, lambda, coldStart, release, responseStream } = settings;
    refuseOwned(lambda.environment, OWNED);
    checkEnvironment(lambda.environment);
    if (handOver && lambda.network) {
      throw new InfraError(
        'INVALID_PROPS',
        `${scope.node.path}/${id}: lambda.network cannot be given to a function that calls a server, because it stands in the server's network: leave it out, or give that network to the server.`,
      );
    }
    super(scope, id, {
      bundle: 'predict',
      models,
      packages,
      lambda,
      metricsNamespace: namespace,
      logging,
      coldStart: coldStart.kind,
    });
    const { reservedConcurrency, tracing } = lambda;
    checkColdStart(coldStart, {
      placement: this.placement.kind,
      ephemeralStorageMegabytes: this.ephemeralStorageMegabytes,
      reservedConcurrency,
      traffic: release.canary?.traffic,
    });
    this.coldStart = coldStart;
    this.serverModels = Object.keys(handOver?.models ?? {});
    this.reachesLambda = handOver?.server.callers.reachLambda ?? true;
    if (handOver) grantServer(this.role, handOver);
    this.function = this.makeFunction({
      ...(handOver && besideServer(handOver)),
      description: `Pilotlight: ${this.modelRefs.join(', ')}`.slice(0, 256),
      environment: {
        ...(handOver && serverVariables(this, handOver)),
        ...(responseStream && { PILOTLIGHT_RESPONSE_STREAM: 'true' }),
      },
      // An older version stays, so that the alias can be put back to it by hand.
      currentVersionOptions: { removalPolicy: RemovalPolicy.RETAIN },
      ...(coldStart.kind === 'snapstart-image' && { snapStart: SnapStartConf.ON_PUBLISHED_VERSIONS }),
      ...(reservedConcurrency !== undefined && { reservedConcurrentExecutions: reservedConcurrency }),
    });
    acknowledgeSynchronous(this.function);
    const alias = this.#alias(release.alias);
    // `Alias` declares a `role` that may be undefined where `IAlias` has one that may be absent.
    this.alias = alias as IAlias;
    if (responseStream) {
      this.url = alias.addFunctionUrl({
        authType: FunctionUrlAuthType.AWS_IAM,
        invokeMode: InvokeMode.RESPONSE_STREAM,
      });
    }
    const { metricsNamespace } = this;
    if (coldStart.kind === 'warmup') {
      const { everyMinutes, concurrency, hours } = coldStart;
      this.warmUp = new WarmUpSchedule(this, 'WarmUp', {
        alias: this.alias,
        everyMinutes,
        concurrency,
        ...(hours && { hours }),
        metricsNamespace,
        tracing,
        ...(logging && { logging }),
      });
    }
    if (release.canary) {
      this.canary = new Canary(this, 'Canary', {
        ...release.canary,
        alias,
        models: judgedModels(this.modelRefs, packages.registry),
        metricsNamespace,
        tracing,
        ...(logging && { logging }),
      });
    }
  }

  /** The role of its code. */
  get executionRole(): Role {
    return this.role;
  }

  /** Lets a role or user invoke the alias, also by its URL, and no version beside it. */
  grantInvoke(grantee: IGrantable): Grant {
    const grant = this.alias.grantInvoke(grantee);
    return this.url ? grant.combine(this.url.grantInvokeUrl(grantee)) : grant;
  }

  #alias(aliasName: string): Alias {
    const { coldStart } = this;
    if (coldStart.kind === 'snapstart-image') acknowledgePublishedVersion(this.function);
    if (coldStart.kind !== 'provisioned') return this.function.addAlias(aliasName);
    if (!isScaled(coldStart)) {
      return this.function.addAlias(aliasName, {
        provisionedConcurrentExecutions: readCapacity(coldStart).min,
      });
    }
    const alias = this.function.addAlias(aliasName);
    scaleProvisionedConcurrency(alias, coldStart);
    return alias;
  }
}

/** A model that is followed has the version that its registry says, whatever was deployed. */
function judgedModels(
  refs: readonly string[],
  registry: z.output<typeof functionSchema>['packages']['registry'],
): string[] {
  const isFollowed = (name: string) => registry !== undefined && (registry.models?.includes(name) ?? true);
  return refs.map((ref) => {
    const { name } = parseModelRef(ref);
    return isFollowed(name) ? name : ref;
  });
}

const OWNED = {
  ...OWNED_VARIABLES,
  PILOTLIGHT_RESPONSE_STREAM: 'responseStream',
  PILOTLIGHT_SERVER: 'handOver',
  PILOTLIGHT_JOB_QUEUE_URL: 'handOver',
  PILOTLIGHT_JOB_BUCKET: 'handOver',
  PILOTLIGHT_JOB_PREFIX: 'handOver',
  PILOTLIGHT_SIBLINGS: 'others of the InferenceApi',
  PILOTLIGHT_QUOTAS: 'auth.quotas of the InferenceApi',
  PILOTLIGHT_API_KEYS_SECRET: 'auth of the InferenceApi',
};
