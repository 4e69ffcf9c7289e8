import { type RouteName, routes } from '@pilotlight/app/internal/routes';
import { Duration, Names } from 'aws-cdk-lib';
import { AccessLogField, AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  CorsHttpMethod,
  type CorsPreflightOptions,
  HttpApi,
  HttpMethod,
  type HttpRouteIntegration,
  HttpStage,
  LogGroupLogDestination,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type * as z from 'zod';
import { acknowledge } from '../common/acknowledgements.ts';
import { InfraError } from '../common/errors.ts';
import { type LoggingProps, logGroup } from '../common/execution-role.ts';
import { checkSettings } from '../common/problems.ts';
import type { InferenceFunction } from '../function/inference-function.ts';
import { Authorizer } from './authorisation.ts';
import { ApiDomain } from './domain.ts';
import { type InferenceApiSettings, inferenceApiSchema } from './schema.ts';
import { handToSiblings } from './siblings.ts';
import { type NamedRoute, throttleRoutes } from './throttle.ts';
import { UsageTable } from './usage-table.ts';

export interface InferenceApiProps {
  /** Serves every route that no other function has, and hands over requests whose body or header names a model of another. */
  readonly function: InferenceFunction;
  /** Further functions, each by the name of the model that it serves: `/models/<name>` goes there. @default - none */
  readonly others?: Readonly<Record<string, InferenceFunction>>;
  /** @default {kind: 'iam'} */
  readonly auth?: InferenceApiSettings['auth'];
  /** @default - 100 requests per second on average and 200 at once, over all routes together */
  readonly throttle?: InferenceApiSettings['throttle'];
  /** Web pages that may call. @default - none: CORS is off */
  readonly cors?: InferenceApiSettings['cors'];
  /** @default - the address that API Gateway gives */
  readonly domain?: InferenceApiSettings['domain'];
  /** How many routes the account allows an API to have. @default - 300, until AWS raises the quota */
  readonly maxRoutes?: number;
  /** Whether X-Ray traces the authoriser. @default false */
  readonly tracing?: boolean;
  /** How logs are kept, and what encrypts them. @default - a month, with keys that AWS owns */
  readonly logging?: LoggingProps;
}

type Settings = z.output<typeof inferenceApiSchema>;
type Others = NonNullable<InferenceApiProps['others']>;

const METHODS = { get: HttpMethod.GET, post: HttpMethod.POST, delete: HttpMethod.DELETE } as const;
const ROUTES = Object.entries(routes) as [RouteName, (typeof routes)[RouteName]][];
const ROUTES_OF_A_MODEL = ROUTES.filter(([, { path }]) => path.includes('{model}'));
/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html */
const MAX_ROUTES = 300;

/** An HTTP API in front of inference functions, with the routes of the HTTP app and no others. */
export class InferenceApi extends Construct {
  readonly httpApi: HttpApi;
  readonly stage: HttpStage;
  /** Ends in a slash. */
  readonly url: string;
  /** One line of JSON for each request. */
  readonly accessLogGroup: LogGroup;
  readonly domain: ApiDomain | undefined;
  /** The function that lets callers in, where one does. */
  readonly authorizerFunction: IFunction | undefined;
  /** Present only with `auth.quotas`. */
  readonly usage: UsageTable | undefined;
  readonly #authorizer: Authorizer;

  /** @throws InfraError INVALID_PROPS */
  constructor(scope: Construct, id: string, props: InferenceApiProps) {
    super(scope, id);
    const { function: main, others = {}, maxRoutes, tracing = false, logging, ...data } = props;
    const { auth, throttle, cors, domain } = checkSettings(scope, id, inferenceApiSchema, data);
    checkModels(main, others);
    checkRoutes(others, maxRoutes);
    this.accessLogGroup = logGroup(this, 'AccessLogs', logging, 'apis');
    this.#authorizer = new Authorizer(this, 'Authorizer', {
      auth,
      tracing,
      ...(logging && { logging }),
    });
    this.authorizerFunction = this.#authorizer.function;
    handToSiblings(this, main, others);
    if (auth.kind === 'api-key' && auth.quotas) {
      const functions = [...new Set([main, ...Object.values(others)])];
      const { quotas } = auth;
      this.usage = new UsageTable(this, 'Usage', { quotas, functions, ...(logging && { logging }) });
    }
    this.domain = domain && new ApiDomain(this, 'Domain', domain);
    this.httpApi = new HttpApi(this, 'Api', {
      // The console and metrics of an account show APIs by their name.
      apiName: Names.uniqueResourceName(this, { maxLength: 128, separator: '-' }),
      createDefaultStage: false,
      defaultAuthorizer: this.#authorizer.authorizer,
      disableExecuteApiEndpoint: domain?.disableDefaultEndpoint ?? false,
      ...(this.#authorizer.scopes && { defaultAuthorizationScopes: [...this.#authorizer.scopes] }),
      ...(cors && { corsPreflight: corsPreflight(cors) }),
    });
    const named = [
      ...this.#route(lambda('Predict', main)),
      ...Object.entries(others).flatMap(([model, other]) =>
        this.#route(lambda(`Predict-${model}`, other), model),
      ),
    ];
    this.stage = this.#stage(throttle);
    throttleRoutes(this.stage, named, throttle);
    this.url = domain ? `https://${domain.domainName}/` : this.stage.url;
    if (auth.kind === 'none') acknowledge(this, 'AwsSolutions-APIG4', auth.reason);
  }

  /** Lets a role or user call every route. Callers need it only where the authorisation is that of IAM. */
  grantInvoke(grantee: IGrantable): Grant {
    return Grant.addToPrincipal({
      grantee,
      actions: ['execute-api:Invoke'],
      resourceArns: [this.httpApi.arnForExecuteApi('*', '/*', '$default')],
    });
  }

  /** The whole route table, or for one model those routes that name a model, with its name instead of the parameter. */
  #route(integration: HttpRouteIntegration, model?: string): NamedRoute[] {
    return (model === undefined ? ROUTES : ROUTES_OF_A_MODEL).flatMap(([name, { method, path: pattern }]) => {
      const path = model === undefined ? pattern : pattern.replace('{model}', model);
      const key = `${METHODS[method]} ${path}`;
      return this.httpApi
        .addRoutes({ path, methods: [METHODS[method]], integration })
        .map((route) => ({ name, key, route }));
    });
  }

  #stage({ ratePerSecond, burst }: Settings['throttle']): HttpStage {
    return new HttpStage(this, 'Stage', {
      httpApi: this.httpApi,
      autoDeploy: true,
      throttle: { rateLimit: ratePerSecond, burstLimit: burst },
      accessLogSettings: {
        destination: new LogGroupLogDestination(this.accessLogGroup),
        format: accessLogFormat(this.#authorizer.principal),
      },
      ...(this.domain && { domainMapping: { domainName: this.domain.domainName } }),
    });
  }
}

/** The format has nothing that a client can choose freely, because API Gateway does not escape what it writes. */
function accessLogFormat(principal: string): AccessLogFormat {
  return AccessLogFormat.custom(
    JSON.stringify({
      requestId: AccessLogField.contextRequestId(),
      time: AccessLogField.contextRequestTimeEpoch(),
      ip: AccessLogField.contextIdentitySourceIp(),
      route: AccessLogField.contextRouteKey(),
      status: AccessLogField.contextStatus(),
      latencyMs: AccessLogField.contextResponseLatency(),
      integrationLatencyMs: AccessLogField.contextIntegrationLatency(),
      integrationStatus: AccessLogField.contextIntegrationStatus(),
      responseBytes: AccessLogField.contextResponseLength(),
      error: AccessLogField.contextErrorMessage(),
      integrationError: AccessLogField.contextIntegrationErrorMessage(),
      authorizerError: AccessLogField.contextAuthorizerError(),
      principal,
    }),
  );
}

/** API Gateway waits for 30 s unless it is told otherwise: a second longer than a function may take, which then answers itself. */
function lambda(id: string, { alias }: InferenceFunction): HttpRouteIntegration {
  return new HttpLambdaIntegration(id, alias, { scopePermissionToRoute: false });
}

/** Browsers ask before they send headers of JSON, signatures, keys or jobs, and show a page only a few headers of an answer. */
function corsPreflight({ allowOrigins, maxAgeSeconds }: NonNullable<Settings['cors']>): CorsPreflightOptions {
  return {
    allowOrigins: [...allowOrigins],
    allowMethods: [CorsHttpMethod.GET, CorsHttpMethod.POST, CorsHttpMethod.DELETE],
    allowHeaders: [
      'authorization',
      'content-type',
      'x-amz-date',
      'x-amz-security-token',
      'x-api-key',
      'idempotency-key',
      'prefer',
    ],
    exposeHeaders: ['location', 'preference-applied', 'retry-after'],
    maxAge: Duration.seconds(maxAgeSeconds),
  };
}

/** A route that leads to a function without the model would answer 404 for ever. */
function checkModels(main: InferenceFunction, others: Others): void {
  for (const [model, other] of Object.entries(others)) {
    if (!other.modelNames.includes(model)) {
      throw new InfraError(
        'INVALID_PROPS',
        `others.${model} leads to a function that serves ${other.modelRefs.join(', ')}.`,
      );
    }
    if (other !== main && main.modelNames.includes(model)) {
      throw new InfraError(
        'INVALID_PROPS',
        `others.${model} is a model of the main function, too, which would answer where a body or a header names it, and the other one where a path does. Let one of them serve it.`,
      );
    }
  }
}

/** API Gateway would refuse routes above its quota, minutes into a deployment. */
function checkRoutes(others: Others, maxRoutes = MAX_ROUTES): void {
  const apart = Object.keys(others).length;
  const needed = ROUTES.length + apart * ROUTES_OF_A_MODEL.length;
  if (needed <= maxRoutes) return;
  throw new InfraError(
    'INVALID_PROPS',
    `Models that are served apart (${apart}) make ${needed} routes; an API has at most ${maxRoutes}. Let functions share models, or have the quota raised and say so in maxRoutes.`,
  );
}
