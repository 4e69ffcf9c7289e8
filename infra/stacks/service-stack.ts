import {
  type GpuBackend,
  InferenceApi,
  type InferenceApiProps,
  InferenceFunction,
  type InferenceFunctionProps,
  InfraError,
  type LoggingProps,
} from '@pilotlight/constructs';
import { parseModelRef } from '@pilotlight/model-format';
import {
  CfnOutput,
  CrossStackReferences,
  Duration,
  ReferenceStrength,
  Stack,
  type StackProps,
} from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Config } from '../config/schema.ts';
import { coldStartOf } from './cold-start.ts';
import { curlLine } from './curl-line.ts';
import { loggingOf, modelFunctionOf, namesOf } from './stack-settings.ts';

export interface ServiceStackProps extends StackProps {
  readonly config: Config;
  /** @default - none: every model is on Lambda */
  readonly gpu?: GpuBackend;
}

/** The functions, and the HTTP API in front of them. */
export class ServiceStack extends Stack {
  /** By their names in the configuration. */
  readonly functions: ReadonlyMap<string, InferenceFunction>;
  readonly api: InferenceApi;

  constructor(scope: Construct, id: string, { config, gpu, ...stackProps }: ServiceStackProps) {
    super(scope, id, stackProps);
    // Exported and imported: functions must not stand in a network that is gone.
    CrossStackReferences.of(this).consume(ReferenceStrength.STRONG);
    const logging = loggingOf(this, config);
    const named = Object.entries(config.functions).map(([name, settings]) => {
      const common = { ...logging, ...(gpu && containerOf(name, settings, config, gpu)) };
      return [name, functionOf(this, name, settings, config, common)] as const;
    });
    this.functions = new Map(named);
    this.api = new InferenceApi(this, 'Api', {
      ...this.routing(config),
      ...apiSettings(config),
      ...logging,
    });
    new CfnOutput(this, 'Url', { value: this.api.url, description: 'Address of the API' });
    new CfnOutput(this, 'Try', {
      value: curlLine(
        this.api.url,
        this.defaultFunction(config).modelNames[0] ?? '',
        config.api.auth.kind,
        this.region,
      ),
      description: 'A request to try it with',
    });
  }

  private defaultFunction({ api }: Config): InferenceFunction {
    const [first] = this.functions.keys();
    const found = this.functions.get(api.defaultFunction ?? first ?? '');
    if (found) return found;
    throw new InfraError(
      'INVALID_CONFIGURATION',
      `There is no function ${api.defaultFunction}: it is to be the default one.`,
    );
  }

  /** Every model to its function; what concerns no single model to the default one. */
  private routing(config: Config): Pick<InferenceApiProps, 'function' | 'others'> {
    const main = this.defaultFunction(config);
    const others = [...this.functions.values()].filter((other) => other !== main);
    return {
      function: main,
      others: Object.fromEntries(others.flatMap((other) => other.modelNames.map((model) => [model, other]))),
    };
  }
}

/**
 * The default function gets what concerns a model that no function has, and jobs; another one calls the container only
 * where that has one of its models, and else stays out of its network.
 */
function containerOf(
  name: string,
  { models }: Config['functions'][string],
  { gpu, api, functions }: Config,
  backend: GpuBackend,
): Pick<InferenceFunctionProps, 'container'> {
  if (!gpu) return {};
  const fallbacks = Object.fromEntries(
    Object.entries(gpu.models).map(([ref, fallback]) => [parseModelRef(ref).name, fallback]),
  );
  const isDefault = name === (api.defaultFunction ?? Object.keys(functions)[0]);
  if (!isDefault && !namesOf(models).some((model) => model in fallbacks)) return {};
  const maxInferenceTime = Duration.millis(gpu.maxInferMs);
  return { container: { backend, models: fallbacks, maxInferenceTime } };
}

function functionOf(
  scope: Construct,
  name: string,
  settings: Config['functions'][string],
  config: Config,
  common: LoggingProps & Pick<InferenceFunctionProps, 'container'>,
): InferenceFunction {
  const { placement, reservedConcurrency, canary, coldStart } = settings;
  return new InferenceFunction(scope, name, {
    ...common,
    ...modelFunctionOf(settings, config),
    coldStart: coldStartOf(coldStart),
    ...(placement && { placement }),
    ...(reservedConcurrency !== undefined && { reservedConcurrency }),
    ...(canary && { canary }),
  });
}

function apiSettings({
  api,
  functions,
}: Config): Pick<InferenceApiProps, 'auth' | 'throttle' | 'cors' | 'domain' | 'tracing'> {
  const { auth, throttle, cors, domain } = api;
  return {
    auth,
    tracing: Object.values(functions).some(({ tracing }) => tracing),
    throttle: { rate: throttle.ratePerSecond, burst: throttle.burst },
    ...(cors && { cors }),
    ...(domain && { domain }),
  };
}
