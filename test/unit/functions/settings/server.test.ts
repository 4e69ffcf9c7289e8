import { describe, expect, it } from 'vitest';
import { readServerConfig } from '../../../../functions/app/src/settings/server.ts';

describe('the settings of the server', () => {
  it('have a default for everything that is not left to the engine', () => {
    expect(readServerConfig({}).server).toEqual({
      PILOTLIGHT_PORT: 8080,
      PILOTLIGHT_HOST: '0.0.0.0',
      PILOTLIGHT_FUNCTION_NAME: 'web',
      PILOTLIGHT_SHORT_LANE_TOKENS: 32,
      PILOTLIGHT_PARALLEL_SESSIONS: 2,
      PILOTLIGHT_SHUTDOWN_GRACE_MS: 25_000,
      PILOTLIGHT_JOB_CONCURRENCY: 16,
      PILOTLIGHT_JOB_LEASE_SECONDS: 60,
      PILOTLIGHT_JOB_MAX_ATTEMPTS: 4,
      PILOTLIGHT_REQUIRE_GPU: false,
      OTEL_TRACES_EXPORTER: 'otlp',
      OTEL_TRACES_SAMPLER: 'parentbased_always_on',
      OTEL_TRACES_SAMPLER_ARG: 1,
    });
  });

  it('stand beside those of every function, which do not take them for slips of the pen', () => {
    const { server, shared } = readServerConfig({ PILOTLIGHT_PORT: '0', PILOTLIGHT_MAX_INPUTS: '7' });
    expect(server.PILOTLIGHT_PORT).toBe(0);
    expect(shared.PILOTLIGHT_MAX_INPUTS).toBe(7);
  });

  it('take a slip of the pen for one', () => {
    expect(() => readServerConfig({ PILOTLIGHT_PROT: '80' })).toThrow(
      'PILOTLIGHT_PROT: is not known. Did you mean PILOTLIGHT_PORT?',
    );
  });

  it.each([
    ['1', true],
    ['true', true],
    ['0', false],
    ['false', false],
  ])('with PILOTLIGHT_REQUIRE_GPU=%s have the server need a GPU: %s', (value, expected) => {
    expect(readServerConfig({ PILOTLIGHT_REQUIRE_GPU: value }).server.PILOTLIGHT_REQUIRE_GPU).toBe(expected);
  });

  it('take the last port that there is', () => {
    expect(readServerConfig({ PILOTLIGHT_PORT: '65535' }).server.PILOTLIGHT_PORT).toBe(65_535);
  });

  it.each([
    ['PILOTLIGHT_PORT', '65536', 'must be a port, 0 to 65535'],
    ['PILOTLIGHT_PORT', '-1', 'must be a port, 0 to 65535'],
    ['PILOTLIGHT_PORT', '0x1F', 'must be a port, 0 to 65535'],
    ['PILOTLIGHT_PORT', '000080', 'must be a port, 0 to 65535'],
    ['PILOTLIGHT_SHORT_LANE_TOKENS', '-1', 'must be a whole number'],
    ['PILOTLIGHT_PARALLEL_SESSIONS', '1.5', 'must be a whole number'],
    ['PILOTLIGHT_JOB_MAX_ATTEMPTS', '0', 'must be a whole number above 0'],
    ['PILOTLIGHT_EXECUTION_PROVIDER', 'rocm', 'must be cuda, webgpu or cpu'],
    ['PILOTLIGHT_REQUIRE_GPU', 'yes', 'must be 1 or 0'],
  ])('refuse %s=%s by its name', (name, value, fault) => {
    expect(() => readServerConfig({ [name]: value })).toThrow(`${name}: ${fault}`);
  });
});
