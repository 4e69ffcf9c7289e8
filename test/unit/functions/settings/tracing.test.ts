import { describe, expect, it } from 'vitest';
import { readTracing } from '../../../../functions/app/src/settings/tracing.ts';

const TO = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://localhost:4318' };

describe('requests', () => {
  it.each([
    ['nobody says where traces go', {}],
    ['OTEL_SDK_DISABLED is true', { ...TO, OTEL_SDK_DISABLED: 'true' }],
    ['OTEL_SDK_DISABLED is TRUE', { ...TO, OTEL_SDK_DISABLED: 'TRUE' }],
    ['OTEL_TRACES_EXPORTER is none', { ...TO, OTEL_TRACES_EXPORTER: 'none' }],
    ['variables of another program are wrong, and none says where', { OTEL_TRACES_SAMPLER: 'xray' }],
  ])('are not traced where %s', (_, environment) => {
    expect(readTracing(environment)).toBeUndefined();
  });

  it('are all traced, by the decision of who called, where an address is all that is set', () => {
    expect(readTracing(TO)).toEqual({
      ...TO,
      OTEL_TRACES_EXPORTER: 'otlp',
      OTEL_TRACES_SAMPLER: 'parentbased_always_on',
      OTEL_TRACES_SAMPLER_ARG: 1,
    });
  });

  it('are traced where the address is that of traces alone, and where OTEL_SDK_DISABLED is false', () => {
    const environment = {
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://collector/v1/traces',
      OTEL_SDK_DISABLED: 'false',
    };
    expect(readTracing(environment)).toMatchObject(environment);
  });

  it.each(['0', '0.25', '1'])('are traced by a share of %s', (share) => {
    const OTEL_TRACES_SAMPLER = 'traceidratio';
    expect(readTracing({ ...TO, OTEL_TRACES_SAMPLER, OTEL_TRACES_SAMPLER_ARG: share })).toMatchObject({
      OTEL_TRACES_SAMPLER,
      OTEL_TRACES_SAMPLER_ARG: Number(share),
    });
  });

  it.each([
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4317', 'must be an address such as'],
    ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'xhttps://collector', 'must be an address such as'],
    ['OTEL_EXPORTER_OTLP_PROTOCOL', 'grpc', 'must be http/protobuf or http/json'],
    ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'grpc', 'must be http/protobuf or http/json'],
    ['OTEL_TRACES_EXPORTER', 'jaeger', 'must be otlp or none'],
    ['OTEL_TRACES_SAMPLER', 'parentbased_xray', 'must be always_on, always_off or traceidratio'],
    ['OTEL_TRACES_SAMPLER_ARG', '-0.1', 'must be a share from 0 to 1'],
    ['OTEL_TRACES_SAMPLER_ARG', '1.1', 'must be a share from 0 to 1'],
    ['OTEL_TRACES_SAMPLER_ARG', 'half', 'must be a share from 0 to 1'],
  ])('are not served with %s=%s', (name, value, fault) => {
    expect(() => readTracing({ ...TO, [name]: value })).toThrow(`${name}: ${fault}`);
  });
});
