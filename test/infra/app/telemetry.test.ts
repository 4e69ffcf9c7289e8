/** How a deployment chooses what its functions log and measure. */
import { App } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { expect, test } from 'vitest';
import { type ConfigInput, configSchema } from '../../../infra/constructs/src/app/config/schema.ts';
import { ServiceStack } from '../../../infra/constructs/src/app/stacks/service-stack.ts';

function serviceOf(config: Partial<ConfigInput>): Template {
  const app = new App({ builtinCloudFormationValidation: false });
  const functions = { texts: { models: ['slots'] } };
  return Template.fromStack(
    new ServiceStack(app, 'Service', {
      config: configSchema.parse({ functions, ...config }),
      metricsNamespace: 'Pilotlight/x-y',
    }),
  );
}

test('a deployment that chooses nothing sets no variable for it, and leaves the log to Lambda', () => {
  const template = serviceOf({});
  template.hasResourceProperties('AWS::Lambda::Function', {
    Environment: {
      Variables: { PILOTLIGHT_REQUEST_METRICS: Match.absent(), PILOTLIGHT_STAGE_METRICS: Match.absent() },
    },
    LoggingConfig: { LogFormat: Match.absent(), SystemLogLevel: Match.absent() },
  });
});

test('a deployment says how its functions tell of requests, and a function may say otherwise', () => {
  const template = serviceOf({
    observability: { requestMetrics: 'minute', stageMetrics: 'metrics', platformLogs: 'failures' },
    functions: {
      texts: { models: ['slots'], lambda: { environment: { PILOTLIGHT_REQUEST_METRICS: 'each' } } },
    },
  });
  template.hasResourceProperties('AWS::Lambda::Function', {
    Environment: { Variables: { PILOTLIGHT_REQUEST_METRICS: 'each', PILOTLIGHT_STAGE_METRICS: 'metrics' } },
    LoggingConfig: { LogFormat: 'JSON', SystemLogLevel: 'WARN' },
  });
});

test('a deployment may have its traffic compared with nothing', () => {
  const variables = (Variables: object) => ({ Environment: { Variables } });
  serviceOf({}).hasResourceProperties(
    'AWS::Lambda::Function',
    variables({ PILOTLIGHT_DRIFT: Match.absent() }),
  );
  serviceOf({ observability: { drift: 'off' } }).hasResourceProperties(
    'AWS::Lambda::Function',
    variables({ PILOTLIGHT_DRIFT: 'off' }),
  );
});

test.each([
  [{ PILOTLIGHT_DRIFT: 'no' }, 'PILOTLIGHT_DRIFT: must be on or off'],
  [{ PILOTLIGHT_REQUEST_METRICS: 'hourly' }, 'PILOTLIGHT_REQUEST_METRICS: must be each, minute or errors'],
  [{ PILOTLIGHT_STAGE_METRICS: 'none' }, 'PILOTLIGHT_STAGE_METRICS: must be log or metrics'],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4317' }, 'OTEL_EXPORTER_OTLP_ENDPOINT: must be an address'],
  [
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://localhost:4318', OTEL_TRACES_SAMPLER: 'xray' },
    'OTEL_TRACES_SAMPLER: must be always_on',
  ],
])(
  'the variables %j are refused at synth, by what the function would refuse them for',
  (environment, reason) => {
    const functions = { texts: { models: ['slots'], lambda: { environment } } };
    expect(() => serviceOf({ functions })).toThrow(reason);
  },
);
