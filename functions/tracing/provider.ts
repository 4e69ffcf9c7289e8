/** OpenTelemetry's provider of tracers, with the exporter and the sampler that the settings say. */
import type { Attributes } from '@opentelemetry/api';
import { setGlobalErrorHandler } from '@opentelemetry/core';
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
} from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  type Sampler,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { TracingSettings } from '@pilotlight/app/internal/settings/tracing';
import { SERVICE } from '@pilotlight/app/internal/telemetry/metric-names';
import { ENGINE_VERSION } from '@pilotlight/engine';

/** A collector that cannot be reached is told of in our own log, and changes nothing else. */
export async function createProvider(
  settings: TracingSettings,
  tellOfFailure: (error: unknown) => void,
): Promise<TracerProvider> {
  setGlobalErrorHandler(tellOfFailure);
  const own = resourceFromAttributes({
    'service.name': SERVICE,
    'service.version': ENGINE_VERSION,
    ...describeFunction(process.env),
  });
  const named = detectResources({ detectors: [envDetector] });
  return new TracerProvider({
    resource: defaultResource().merge(own).merge(named),
    sampler: createSampler(settings),
    spanProcessors: [new BatchSpanProcessor({ exporter: await createExporter(settings) })],
  });
}

/** https://opentelemetry.io/docs/specs/semconv/resource/faas/ */
function describeFunction(environment: NodeJS.ProcessEnv): Attributes {
  const { AWS_LAMBDA_FUNCTION_NAME: name, AWS_LAMBDA_FUNCTION_VERSION: version } = environment;
  const { AWS_LAMBDA_LOG_STREAM_NAME: instance, AWS_REGION: region } = environment;
  if (name === undefined) return {};
  return {
    'cloud.provider': 'aws',
    'cloud.platform': 'aws_lambda',
    'faas.name': name,
    ...(version !== undefined && { 'faas.version': version }),
    ...(instance !== undefined && { 'faas.instance': instance }),
    ...(region !== undefined && { 'cloud.region': region }),
  };
}

async function createExporter(settings: TracingSettings): Promise<SpanExporter> {
  const { OTEL_EXPORTER_OTLP_PROTOCOL, OTEL_EXPORTER_OTLP_TRACES_PROTOCOL } = settings;
  const protocol = OTEL_EXPORTER_OTLP_TRACES_PROTOCOL ?? OTEL_EXPORTER_OTLP_PROTOCOL ?? 'http/protobuf';
  const { OTLPTraceExporter } =
    protocol === 'http/json'
      ? await import('@opentelemetry/exporter-trace-otlp-http')
      : await import('@opentelemetry/exporter-trace-otlp-proto');
  return new OTLPTraceExporter();
}

function createSampler({
  OTEL_TRACES_SAMPLER: name,
  OTEL_TRACES_SAMPLER_ARG: share,
}: TracingSettings): Sampler {
  const root = rootSampler(name.replace('parentbased_', ''), share);
  return name.startsWith('parentbased_') ? new ParentBasedSampler({ root }) : root;
}

function rootSampler(name: string, share: number): Sampler {
  if (name === 'always_off') return new AlwaysOffSampler();
  return name === 'traceidratio' ? new TraceIdRatioBasedSampler(share) : new AlwaysOnSampler();
}
