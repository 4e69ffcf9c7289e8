/** The constructs of Pilotlight, for a team's own CDK app. */
export { explainPlacement, type Placement, type Preference } from '../../layers/models/index.ts';
export { AccessLogBucket, type AccessLogBucketProps } from './access-log-bucket.ts';
export { Canary, type CanaryOptions, type CanaryProps, TRAFFIC_SHIFTS, type TrafficShift } from './canary.ts';
export type * from './cold-start.ts';
export {
  EcsManagedInstancesBackend,
  type EcsManagedInstancesBackendProps,
} from './ecs-managed-instances-backend.ts';
export { INFRA_ERROR_CODES, InfraError, type InfraErrorCode } from './errors.ts';
export type { LoggingProps } from './execution-role.ts';
export type { GpuBackend, GpuBackendMetrics } from './gpu-backend.ts';
export type { GpuNetworkChoice } from './gpu-network.ts';
export { type Hours, WEEKDAYS, type Weekday, type ZonedHours } from './hours.ts';
export { InferenceApi, type InferenceApiProps } from './inference-api.ts';
export { InferenceFunction, type InferenceFunctionProps } from './inference-function.ts';
export { ModelLayers, type ModelLayersProps } from './model-layers.ts';
export { type Architecture, RuntimeLayer, type RuntimeLayerProps } from './runtime-layer.ts';
export { UploadPipeline, type UploadPipelineProps } from './upload-pipeline.ts';
export { WarmUpSchedule, type WarmUpScheduleProps } from './warm-up-schedule.ts';
