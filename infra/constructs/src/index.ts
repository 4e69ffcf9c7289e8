/** The constructs of Pilotlight, for a team's own CDK app. */
export { BUNDLE_ERROR_CODES, BundleError } from '@pilotlight/functions';
export { explainPlacement, type Placement, type Preference } from '@pilotlight/layers/internal/models/index';
export type { Authorisation } from './api/authorisation.ts';
export { ApiDomain, type ApiDomainProps } from './api/domain.ts';
export { InferenceApi, type InferenceApiProps } from './api/inference-api.ts';
export type { Throttle } from './api/throttle.ts';
export { DistributedBatch, type DistributedBatchProps } from './batch/backfill/distributed-batch.ts';
export { UploadPipeline, type UploadPipelineProps } from './batch/upload-pipeline.ts';
export { AccessLogBucket, type AccessLogBucketProps } from './common/access-log-bucket.ts';
export { INFRA_ERROR_CODES, InfraError, type InfraErrorCode } from './common/errors.ts';
export type { LoggingProps } from './common/execution-role.ts';
export { type Hours, WEEKDAYS, type Weekday, type ZonedHours } from './common/hours.ts';
export type { ColdStart, ProvisionedConcurrency, WarmUp } from './function/cold-start/schema.ts';
export { WarmUpSchedule, type WarmUpScheduleProps } from './function/cold-start/warm-up-schedule.ts';
export type { HandOver, HandOverFallback } from './function/hand-over.ts';
export { InferenceFunction, type InferenceFunctionProps } from './function/inference-function.ts';
export { ModelFunction } from './function/model-function.ts';
export { ModelLayers, type ModelLayersProps } from './function/model-layers.ts';
export { Canary, type CanaryProps } from './function/release/canary.ts';
export type { CanaryOptions } from './function/release/schema.ts';
export { TRAFFIC_SHIFTS, type TrafficShift } from './function/release/traffic-shifts.ts';
export { type Architecture, RuntimeLayer, type RuntimeLayerProps } from './function/runtime-layer.ts';
export {
  type Cost,
  estimateCost,
  type FunctionUsage,
  type Prices,
  US_EAST_1_PRICES,
  type Usage,
} from './observability/cost/cost.ts';
export {
  estimateWebCost,
  type WebCost,
  type WebPrices,
  type WebUsage,
} from './observability/cost/web-cost.ts';
export { Observability, type ObservabilityProps } from './observability/observability.ts';
export type { AlarmThresholds } from './observability/schema.ts';
export { GitHubDeployRole, type GitHubDeployRoleProps } from './pipeline/github-deploy-role.ts';
export { ServerImage, type ServerImageProps } from './server/image.ts';
export {
  InferenceServer,
  type InferenceServerProps,
} from './server/inference-server.ts';
export type { ServerNetworkChoice } from './server/network.ts';
export type { IInferenceServer, ServerCallers, ServerMetrics } from './server/server.ts';
export { GoldenGate, type GoldenGateProps } from './web/golden-gate.ts';
export { WebInferenceFunction, type WebInferenceFunctionProps } from './web/web-inference-function.ts';
