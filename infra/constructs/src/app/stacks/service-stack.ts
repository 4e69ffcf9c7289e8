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
import { listModelNames, makeLogging, resolvePackages, telemetryVariables } from './stack-settings.ts';

export interface ServiceStackProps extends StackProps {
  readonly config: Config;
  readonly metricsNamespace: string;
  /** @default - none: every model is on Lambda */
  readonly server?: IInferenceServer;
}

/** The functions, and the HTTP API in front of them. */
export class ServiceStack extends Stack {
  /** The functions, by their names in the configuration. */
  readonly functions: ReadonlyMap<string, InferenceFunction>;
  readonly api: InferenceApi;

  constructor(
    scope: Construct,
    id: string,
    { config, metricsNamespace, server, ...stackProps }: ServiceStackProps,
  ) {
    super(scope, id, stackProps);
    // Strong references are exported and imported, so that no network goes while functions stand in it.
    CrossStackReferences.of(this).consume(ReferenceStrength.STRONG);
    const logging = makeLogging(this, config);
    const named = Object.entries(config.functions).map(([name, settings]) => {
      const handOver = server && chooseHandOver(name, settings, config, server);
      const inference = new InferenceFunction(this, name, {
        ...settings,
        lambda: {
          ...settings.lambda,
          environment: { ...telemetryVariables(config), ...settings.lambda.environment },
        },
        packages: resolvePackages(settings.packages, config),
        metricsNamespace,
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
    for (const [name, { url }] of named) {
      if (!url) continue;
      const description = `Address of ${name} at which texts arrive as they are made`;
      new CfnOutput(this, `StreamUrl${name}`, { value: url.url, description });
    }
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
      `api.defaultFunction names ${api.defaultFunction}, which is not one of functions.`,
    );
  }

  /** Routes every model to its function, and whatever concerns no single model to the default one. */
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
 * The default function gets jobs and the requests for models that no function has. Another function calls the server only
 * if the server has one of its models; otherwise it stays out of the server's network.
 */
function chooseHandOver(
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
  if (!isDefault && !listModelNames(models).some((model) => model in fallbacks)) return undefined;
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
