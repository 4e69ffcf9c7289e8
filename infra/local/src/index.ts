/** Lambda and its web functions, API Gateway, SQS and S3 on this machine, without Docker. See README.md. */
export { EmulatorError, type EmulatorErrorCode } from './errors.ts';
export { type CallerRules, refuseForeignCaller } from './foreign-caller.ts';
export { createFunctionUrl, type FunctionUrlOptions } from './gateway/function-url.ts';
export {
  createHttpApi,
  type GatewayExchange,
  type HttpApi,
  type HttpApiOptions,
  serveHttpApi,
} from './gateway/http-api.ts';
export { LambdaServiceError } from './lambda/errors.ts';
export type { LambdaFunction } from './lambda/function-definition.ts';
export type { InvokeRequest, InvokeResult } from './lambda/invoke-request.ts';
export { LocalLambda, type LocalLambdaOptions } from './lambda/local-lambda.ts';
export type { LogLine } from './lambda/log-stream.ts';
export { type S3ProcessOptions, startS3Process } from './s3/process/start-process.ts';
export { type S3Options, type S3Server, startS3 } from './s3/server.ts';
export type { QueueOptions } from './sqs/queues.ts';
export { type SqsServer, startSqs } from './sqs/server.ts';
export {
  LocalWebFunction,
  type LocalWebFunctionOptions,
  type WebEnvironmentState,
  type WebExchange,
} from './web/local-web-function.ts';
export type { WebFunction } from './web/web-definition.ts';
export type { EnvironmentUsage } from './web/web-environment.ts';
