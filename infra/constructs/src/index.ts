/** The constructs of Pilotlight, for a team's own CDK app. */
export { explainPlacement, type Placement, type Preference } from '@pilotlight/layers/internal/models/index';
export { AccessLogBucket, type AccessLogBucketProps } from './access-log-bucket.ts';
export type { AlarmThresholds } from './alarms.ts';
export type {
  ApiKeyAuthorisation,
  Authorisation,
  IamAuthorisation,
  JwtAuthorisation,
  NoAuthorisation,
} from './authorisation.ts';
export { Canary, type CanaryOptions, type CanaryProps, TRAFFIC_SHIFTS, type TrafficShift } from './canary.ts';
export type * from './cold-start.ts';
export { type Cost, costOf, type FunctionUsage, type Prices, US_EAST_1_PRICES, type Usage } from './cost.ts';
export { DistributedBatch, type DistributedBatchProps } from './distributed-batch.ts';
export {
  EcsManagedInstancesBackend,
  type EcsManagedInstancesBackendProps,
} from './ecs-managed-instances-backend.ts';
export { INFRA_ERROR_CODES, InfraError, type InfraErrorCode } from './errors.ts';
export type { LoggingProps } from './execution-role.ts';
export type { GpuBackend, GpuBackendMetrics, GpuCallers } from './gpu-backend.ts';
export { GpuImage, type GpuImageProps } from './gpu-image.ts';
export type { GpuNetworkChoice } from './gpu-network.ts';
export { type Hours, WEEKDAYS, type Weekday, type ZonedHours } from './hours.ts';
export { type CorsProps, InferenceApi, type InferenceApiProps } from './inference-api.ts';
export { ApiDomain, type ApiDomainProps } from './inference-api-domain.ts';
export { DEFAULT_THROTTLE, type Throttle, type ThrottleProps } from './inference-api-throttle.ts';
export { InferenceFunction, type InferenceFunctionProps } from './inference-function.ts';
export type { ContainerFallback, ContainerOptions } from './inference-function-container.ts';
export { ModelLayers, type ModelLayersProps } from './model-layers.ts';
export { Observability, type ObservabilityProps } from './observability.ts';
export { type Architecture, RuntimeLayer, type RuntimeLayerProps } from './runtime-layer.ts';
export { UploadPipeline, type UploadPipelineProps } from './upload-pipeline.ts';
export { WarmUpSchedule, type WarmUpScheduleProps } from './warm-up-schedule.ts';
