/**
 * OpenTelemetry's own variables, as far as they decide whether and how requests are traced. Headers, time limit, certificates
 * and compression of the export, and what names this service, are read by its packages themselves.
 * https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
 */
import * as z from 'zod/mini';
import { type Environment, readSettings } from './environment-settings.ts';

const address = z.optional(
  z.url({ protocol: /^https?$/, error: 'must be an address such as http://localhost:4318' }),
);
const protocol = z.optional(z.enum(['http/protobuf', 'http/json'], 'must be http/protobuf or http/json'));
const SAMPLERS = ['always_on', 'always_off', 'traceidratio'] as const;

export const tracingSettings = {
  OTEL_SDK_DISABLED: z.optional(z.string()),
  OTEL_TRACES_EXPORTER: z._default(z.enum(['otlp', 'none'], 'must be otlp or none'), 'otlp'),
  OTEL_EXPORTER_OTLP_ENDPOINT: address,
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: address,
  OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: protocol,
  OTEL_TRACES_SAMPLER: z._default(
    z.enum(
      [...SAMPLERS, ...SAMPLERS.map((name) => `parentbased_${name}` as const)],
      'must be always_on, always_off or traceidratio, with or without parentbased_ before it',
    ),
    'parentbased_always_on',
  ),
  /** The share of requests that are traced, of `traceidratio`. */
  OTEL_TRACES_SAMPLER_ARG: z._default(
    z.pipe(
      z
        .string()
        .check(z.refine((text) => Number(text) >= 0 && Number(text) <= 1, 'must be a share from 0 to 1')),
      z.transform(Number),
    ),
    1,
  ),
};

const schema = z.object(tracingSettings);
export type TracingSettings = z.infer<typeof schema>;

/**
 * Returns the settings of a process that is to be traced, else nothing: variables of OpenTelemetry may then be those of another
 * program, such as a layer of its own.
 *
 * @throws PilotlightError INVALID_CONFIGURATION that names every variable at fault.
 */
export function readTracing(environment: Environment): TracingSettings | undefined {
  const { OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT } = environment;
  if ((OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? OTEL_EXPORTER_OTLP_ENDPOINT) === undefined) return undefined;
  const settings = readSettings(schema, environment);
  return isTraced(settings) ? settings : undefined;
}

/** Whether anybody has said where traces go. */
export function isTraced(settings: TracingSettings): boolean {
  const { OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT } = settings;
  const address = OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? OTEL_EXPORTER_OTLP_ENDPOINT;
  const disabled = settings.OTEL_SDK_DISABLED?.toLowerCase() === 'true';
  return address !== undefined && settings.OTEL_TRACES_EXPORTER !== 'none' && !disabled;
}
