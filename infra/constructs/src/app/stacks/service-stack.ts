import { parseModelRef } from '@pilotlight/model-format';
import { CfnOutput, CrossStackReferences, ReferenceStrength, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import {
  type HandOver,
  type IInferenceServer,
  InferenceApi,
  type InferenceApiProps,
  InferenceFunction,
  InfraError,
} from '../../index.ts';
import type { Config } from '../config/schema.ts';
import { curlLine } from './curl-line.ts';
import { loggingOf, namesOf, packagesOf } from './stack-settings.ts';

export interface ServiceStackProps extends StackProps {
  readonly config: Config;
  /** @default - none: every model is on Lambda */
  readonly server?: IInferenceServer;
}

/** The functions, and the HTTP API in front of them. */
export class ServiceStack extends Stack {
  /** By their names in the configuration. */
  readonly functions: ReadonlyMap<string, InferenceFunction>;
  readonly api: InferenceApi;

  constructor(scope: Construct, id: string, { config, server, ...stackProps }: ServiceStackProps) {
    super(scope, id, stackProps);
    // Exported and imported: functions must not stand in a network that is gone.
    CrossStackReferences.of(this).consume(ReferenceStrength.STRONG);
    const logging = loggingOf(this, config);
    const named = Object.entries(config.functions).map(([name, settings]) => {
      const handOver = server && handOverOf(name, settings, config, server);
      const inference = new InferenceFunction(this, name, {
        ...settings,
        packages: packagesOf(settings.packages, config),
        logging,
        ...(handOver && { handOver }),
      });
      return [name, inference] as const;
    });
    this.functions = new Map(named);
    this.api = new InferenceApi(this, 'Api', {
      ...this.routing(config),
      ...apiSettings(config),
      logging,
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
 * The default function gets what concerns a model that no function has, and jobs; another one calls the server only
 * where that has one of its models, and else stays out of its network.
 */
function handOverOf(
  name: string,
  { models }: Config['functions'][string],
  { server, api, functions }: Config,
  instance: IInferenceServer,
): HandOver | undefined {
  if (!server) return undefined;
  const fallbacks = Object.fromEntries(
    Object.entries(server.models).map(([ref, fallback]) => [parseModelRef(ref).name, fallback]),
  );
  const isDefault = name === (api.defaultFunction ?? Object.keys(functions)[0]);
  if (!isDefault && !namesOf(models).some((model) => model in fallbacks)) return undefined;
  return { server: instance, models: fallbacks, maxInferMs: server.maxInferMs };
}

function apiSettings({
  api,
  functions,
}: Config): Pick<InferenceApiProps, 'auth' | 'throttle' | 'cors' | 'domain' | 'tracing'> {
  const { auth, throttle, cors, domain } = api;
  return {
    auth,
    tracing: Object.values(functions).some(({ lambda }) => lambda.tracing),
    throttle,
    ...(cors && { cors }),
    ...(domain && { domain }),
  };
}
