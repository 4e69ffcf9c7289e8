/** A web function as it would be deployed, and the variables that its process gets. */
import { join } from 'node:path';
import { commonVariables } from '../lambda/environment/environment-variables.ts';

export interface WebFunction {
  readonly name: string;
  /** Folder of its package, `/var/task` on AWS. */
  readonly folder: string;
  /** @default - index.js */
  readonly entryPoint?: string;
  /** Variables of the function. `/var/task` and `/tmp` at the start of a value become what they are here. @default - none */
  readonly environment?: Readonly<Record<string, string>>;
  /** Requests that an environment gets at once, 1 to 128. On Lambda it is the most: less where the processor is busy. @default - 64 */
  readonly maxConcurrencyPerEnvironment?: number;
  /** Environments that may exist at once, from 2. @default - 10; on Lambda the account's quota */
  readonly maxEnvironments?: number;
  /** Requests that are taken in a second; 0 takes none. @default - 10,000, the quota of an endpoint */
  readonly rateLimit?: number;
  /** Limit of one request, 3 to 900. @default - 30 */
  readonly timeoutSeconds?: number;
  /** Limit of the init phase, in which the process has to listen. @default - 10, as on Lambda */
  readonly initSeconds?: number;
  /** Seconds after which an environment without requests is ended. @default - 300; Lambda does not say */
  readonly idleSeconds?: number;
  /** Whether a process stands still while it has no request. @default true, the stricter reading of AWS's guide */
  readonly freezes?: boolean;
}

export type DefinedWebFunction = Required<WebFunction>;

/** "One size, 2 vCPUs and 2 GB." */
export const MEMORY_MEGABYTES = 2048;
/** The name of the only endpoint that there is here. */
export const ENDPOINT_NAME = 'prod';

export function withWebDefaults(definition: WebFunction): DefinedWebFunction {
  return {
    entryPoint: 'index.js',
    environment: {},
    maxConcurrencyPerEnvironment: 64,
    maxEnvironments: 10,
    rateLimit: 10_000,
    timeoutSeconds: 30,
    initSeconds: 10,
    idleSeconds: 300,
    freezes: true,
    ...definition,
  };
}

/** Those of Lambda, those of the function, and no other of this machine's. Name, log group and log stream of a function are not among them. */
export function webVariables(
  { environment, entryPoint }: DefinedWebFunction,
  { task, tmp }: { readonly task: string; readonly tmp: string },
  port: number,
): Record<string, string> {
  return {
    ...commonVariables(environment, { '/var/task': task, '/tmp': tmp }, { task, tmp }),
    AWS_LAMBDA_HTTP_ENDPOINT: `127.0.0.1:${port}`,
    AWS_LAMBDA_INITIALIZATION_TYPE: 'native-http',
    AWS_LAMBDA_NODEJS_ENTRYPOINT: entryPoint,
    LD_LIBRARY_PATH: ['/lib64', '/usr/lib64', task, join(task, 'lib')].join(':'),
    PATH: ['/usr/local/bin', '/usr/bin', '/bin'].join(':'),
  };
}
