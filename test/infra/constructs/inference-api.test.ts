import type { Stack } from 'aws-cdk-lib';
import { Match, type Template } from 'aws-cdk-lib/assertions';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { describe, expect, test } from 'vitest';
import { routes } from '../../../functions/app/src/routes.ts';
import {
  InferenceApi,
  type InferenceApiProps,
  InferenceFunction,
} from '../../../infra/constructs/src/index.ts';
import { makeServer } from './server-under-test.ts';
import { actionsOf, refusalOf, statementsOf, templateOf, testStack } from './template.ts';

function api(stack: Stack, props: Partial<InferenceApiProps> = {}): InferenceApi {
  const predict = new InferenceFunction(stack, 'Predict', { models: ['sentiment'] });
  return new InferenceApi(stack, 'Http', { function: predict, ...props });
}

const template = (props: Partial<InferenceApiProps> = {}): Template =>
  templateOf((stack) => api(stack, props));
const refusal = (props: Partial<InferenceApiProps>) => refusalOf(() => api(testStack(), props)).message;

interface RouteProperties {
  readonly RouteKey: string;
  readonly AuthorizationType: string;
  readonly Target: unknown;
}

const routesOf = (of: Template): RouteProperties[] =>
  Object.values(of.findResources('AWS::ApiGatewayV2::Route')).map(({ Properties }) => Properties);

describe('by default', () => {
  const byDefault = template();

  test('has the routes of the route table, and no others', () => {
    const table = Object.values(routes).map(({ method, path }) => `${method.toUpperCase()} ${path}`);
    expect(
      routesOf(byDefault)
        .map(({ RouteKey }) => RouteKey)
        .sort(),
    ).toEqual(table.sort());
  });

  test('lets only signed requests in, on every route', () => {
    expect(new Set(routesOf(byDefault).map(({ AuthorizationType }) => AuthorizationType))).toEqual(
      new Set(['AWS_IAM']),
    );
  });

  test('invokes the alias with payload format 2.0, and waits for 30 s, a second longer than the function may take', () => {
    const [alias] = Object.keys(byDefault.findResources('AWS::Lambda::Alias'));
    byDefault.resourceCountIs('AWS::ApiGatewayV2::Integration', 1);
    byDefault.hasResourceProperties('AWS::ApiGatewayV2::Integration', {
      IntegrationUri: { Ref: alias },
      PayloadFormatVersion: '2.0',
      // Without a number, API Gateway waits for 30 s.
      TimeoutInMillis: Match.absent(),
    });
    byDefault.hasResourceProperties('AWS::Lambda::Permission', {
      FunctionName: { Ref: alias },
      Principal: 'apigateway.amazonaws.com',
      SourceArn: Match.anyValue(),
    });
  });

  test('throttles, at the default stage', () => {
    byDefault.hasResourceProperties('AWS::ApiGatewayV2::Stage', {
      StageName: '$default',
      AutoDeploy: true,
      DefaultRouteSettings: { ThrottlingRateLimit: 100, ThrottlingBurstLimit: 200 },
    });
  });

  test('writes a line of JSON for each request, with nothing that a client can choose freely', () => {
    const [stage] = Object.values(byDefault.findResources('AWS::ApiGatewayV2::Stage'));
    const { Format, DestinationArn } = Object(stage).Properties.AccessLogSettings;
    const [logs] = Object.keys(
      byDefault.findResources('AWS::Logs::LogGroup', { Properties: { RetentionInDays: 30 } }),
    ).filter((name) => name.startsWith('Http'));
    expect(DestinationArn).toEqual({ 'Fn::GetAtt': [logs, 'Arn'] });
    expect(JSON.parse(Format)).toMatchObject({
      requestId: '$context.requestId',
      ip: '$context.identity.sourceIp',
      route: '$context.routeKey',
      status: '$context.status',
      latencyMs: '$context.responseLatency',
      integrationLatencyMs: '$context.integrationLatency',
      error: '$context.error.message',
      principal: '$context.identity.userArn',
    });
    expect(Format).not.toMatch(/userAgent|context\.path/);
  });

  test('names the log group so that it takes no room in the policy that all log groups of the account share', () => {
    byDefault.hasResourceProperties('AWS::Logs::LogGroup', {
      LogGroupName: {
        'Fn::Join': [
          '',
          [
            Match.stringLikeRegexp('^/aws/vendedlogs/apis/Test-Http-\\w+/$'),
            { 'Fn::Select': [2, { 'Fn::Split': ['/', { Ref: 'AWS::StackId' }] }] },
          ],
        ],
      },
    });
  });

  test('has CORS off, and the address of API Gateway', () => {
    byDefault.hasResourceProperties('AWS::ApiGatewayV2::Api', {
      CorsConfiguration: Match.absent(),
      DisableExecuteApiEndpoint: false,
    });
  });
});

test('the API lets a role call every route, of this API only', () => {
  const granted = templateOf((stack) => {
    const caller = new Role(stack, 'Caller', { assumedBy: new ServicePrincipal('ecs-tasks.amazonaws.com') });
    api(stack).grantInvoke(caller);
  });
  const [statement] = statementsOf(granted, 'Caller');
  const [httpApi] = Object.keys(granted.findResources('AWS::ApiGatewayV2::Api'));
  expect(statement?.Action).toBe('execute-api:Invoke');
  expect(JSON.stringify(statement?.Resource)).toContain(`{"Ref":"${httpApi}"},"/$default/*/*"`);
});

describe('with several functions', () => {
  const several = templateOf((stack) => {
    const intent = new InferenceFunction(stack, 'Other', { models: ['intent'] });
    api(stack, { others: { intent } });
  });

  test('sends the routes of a model to its function', () => {
    const added = routesOf(several).filter(({ RouteKey }) => RouteKey.includes('/intent'));
    const table = Object.values(routes).filter(({ path }) => path.includes('{model}'));
    expect(added.map(({ RouteKey }) => RouteKey).sort()).toEqual(
      table.map(({ method, path }) => `${method.toUpperCase()} ${path.replace('{model}', 'intent')}`).sort(),
    );
    expect(added.map(({ RouteKey }) => RouteKey)).toContain('POST /models/intent/versions/{version}');
    const [target] = new Set(added.map(({ Target }) => JSON.stringify(Target)));
    const [integration] = Object.entries(several.findResources('AWS::ApiGatewayV2::Integration')).filter(
      ([name]) => target?.includes(name),
    );
    expect(JSON.stringify(integration?.[1].Properties.IntegrationUri)).toContain('Other');
  });

  test('lets the main function invoke the alias of another one, and tells it which models are there', () => {
    const [alias = ''] = Object.keys(several.findResources('AWS::Lambda::Alias')).filter((name) =>
      name.startsWith('Other'),
    );
    const variables = Object.entries(several.findResources('AWS::Lambda::Function')).map(
      ([name, { Properties }]) => [name.slice(0, 5), Properties.Environment.Variables.PILOTLIGHT_SIBLINGS],
    );
    expect(Object.fromEntries(variables)).toEqual({
      Predi: { 'Fn::Join': ['', ['[{"alias":"', { Ref: alias }, '","models":["intent"]}]']] },
      Other: undefined,
    });
    const statements = statementsOf(several, 'PredictRole').filter(
      ({ Action }) => Action === 'lambda:InvokeFunction',
    );
    expect(statements.map(({ Resource }) => Resource)).toEqual([{ Ref: alias }]);
    expect(actionsOf(statementsOf(several, 'OtherRole'))).not.toContain('lambda:InvokeFunction');
  });

  test('refuses more routes than an API may have, and counts them as they are made', () => {
    const made = routesOf(several).length;
    const withRoom = (maxRoutes: number) => () => {
      const stack = testStack();
      const intent = new InferenceFunction(stack, 'Other', { models: ['intent'] });
      api(stack, { others: { intent }, maxRoutes });
    };
    expect(withRoom(made)).not.toThrow();
    expect(refusalOf(withRoom(made - 1)).message).toBe(
      `Models that are served apart (1) make ${made} routes; an API has at most ${made - 1}. Let functions share models, or have the quota raised and say so in maxRoutes.`,
    );
  });

  test('lets only signed requests in there, too', () => {
    expect(routesOf(several).every(({ AuthorizationType }) => AuthorizationType === 'AWS_IAM')).toBe(true);
  });

  test('refuses a main function whose network has no way to Lambda, and says what to set', () => {
    const build = (callersInvoke: boolean) => () => {
      const stack = testStack();
      const server = makeServer(stack, { callersInvoke });
      const main = new InferenceFunction(stack, 'Main', {
        models: ['sentiment'],
        handOver: { server, models: { large: 'job' } },
      });
      const intent = new InferenceFunction(stack, 'Other', { models: ['intent'] });
      return new InferenceApi(stack, 'Http', { function: main, others: { intent } });
    };
    expect(build(true)).not.toThrow();
    expect(refusalOf(build(false)).message).toMatch(/Set callersInvoke of the InferenceServer to true\.$/);
  });

  test('refuses a function that does not serve the model', () => {
    const stack = testStack();
    const intent = new InferenceFunction(stack, 'Other', { models: ['intent'] });
    expect(refusalOf(() => api(stack, { others: { slots: intent } })).message).toBe(
      'others.slots leads to a function that serves intent@1.0.1.',
    );
  });

  test('refuses a model of the main function, which would answer some wire formats and another one the others', () => {
    const stack = testStack();
    const sentiment = new InferenceFunction(stack, 'Other', { models: ['sentiment'] });
    expect(refusalOf(() => api(stack, { others: { sentiment } })).message).toMatch(
      /^others\.sentiment is a model of the main function, too,/,
    );
  });
});

test('the API throttles a route more, on each path that it has', () => {
  const throttled = template({
    throttle: { ratePerSecond: 50, burst: 60, routes: { predict: { ratePerSecond: 5, burst: 6 } } },
  });
  throttled.hasResourceProperties('AWS::ApiGatewayV2::Stage', {
    DefaultRouteSettings: { ThrottlingRateLimit: 50, ThrottlingBurstLimit: 60 },
    RouteSettings: { 'POST /models/{model}': { ThrottlingRateLimit: 5, ThrottlingBurstLimit: 6 } },
  });
});

test.each<[string, Partial<InferenceApiProps>, string]>([
  [
    'a rate of 0',
    { throttle: { ratePerSecond: 0, burst: 1 } },
    'Test/Http: throttle.ratePerSecond must be above 0.',
  ],
  [
    'half a request at once, to one route',
    { throttle: { routes: { predict: { ratePerSecond: 1, burst: 0.5 } } } },
    'Test/Http: throttle.routes.predict.burst must be a whole number.',
  ],
  [
    'limits of a route that does not exist',
    { throttle: JSON.parse('{"routes": {"predikt": {"ratePerSecond": 1, "burst": 1}}}') },
    'Test/Http: throttle.routes.predikt is not known (did you mean predict?).',
  ],
  [
    'pages without an origin',
    { cors: { allowOrigins: [] } },
    'Test/Http: cors.allowOrigins must name one origin at least.',
  ],
  [
    'a page without TLS',
    { cors: { allowOrigins: ['http://app.example.com'] } },
    'Test/Http: cors.allowOrigins[0] must begin with https:// or http://localhost, or be *.',
  ],
  [
    'a certificate by its name',
    { domain: { domainName: 'nlp.example.com', certificateArn: 'nlp' } },
    'Test/Http: domain.certificateArn must be the ARN of a certificate.',
  ],
])('refuses %s', (_what, props, sentence) => {
  expect(refusal(props)).toBe(sentence);
});

test('the API answers browsers of the named origins only', () => {
  template({ cors: { allowOrigins: ['https://app.example.com'] } }).hasResourceProperties(
    'AWS::ApiGatewayV2::Api',
    {
      CorsConfiguration: {
        AllowOrigins: ['https://app.example.com'],
        AllowMethods: ['GET', 'POST', 'DELETE'],
        AllowHeaders: Match.arrayWith(['content-type', 'x-api-key', 'idempotency-key', 'prefer']),
        ExposeHeaders: Match.arrayWith(['location', 'retry-after']),
        AllowCredentials: Match.absent(),
        MaxAge: 3600,
      },
    },
  );
});

describe('with a domain of the team', () => {
  const domain = {
    domainName: 'nlp.example.com',
    certificateArn: 'arn:aws:acm:eu-central-1:123456789012:certificate/abc',
    hostedZone: { hostedZoneId: 'Z1', zoneName: 'example.com' },
  };

  test('is reached by it alone, with TLS 1.2', () => {
    const stack = testStack();
    expect(api(stack, { domain }).url).toBe('https://nlp.example.com/');
    const own = template({ domain });
    own.hasResourceProperties('AWS::ApiGatewayV2::DomainName', {
      DomainName: 'nlp.example.com',
      DomainNameConfigurations: [Match.objectLike({ SecurityPolicy: 'TLS_1_2' })],
    });
    own.hasResourceProperties('AWS::ApiGatewayV2::Api', { DisableExecuteApiEndpoint: true });
    own.hasResourceProperties('AWS::Route53::RecordSet', { Name: 'nlp.example.com.', Type: 'A' });
  });

  test('keeps the address of API Gateway where that is asked for', () => {
    template({ domain: { ...domain, disableDefaultEndpoint: false } }).hasResourceProperties(
      'AWS::ApiGatewayV2::Api',
      { DisableExecuteApiEndpoint: false },
    );
  });
});
