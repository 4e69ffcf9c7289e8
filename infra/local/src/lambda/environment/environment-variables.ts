import { join } from 'node:path';
import { type DefinedFunction, LATEST, REGION } from '../function-definition.ts';

/** The folders where an execution environment finds what AWS has at fixed paths. */
export interface Folders {
  /** `/var/task` on AWS. */
  readonly task: string;
  /** `/opt` on AWS: the layers. */
  readonly opt: string;
  /** `/tmp` on AWS. */
  readonly tmp: string;
}

/**
 * Variables that every process in Lambda has, and those of the function, which may name credentials and a region of their own. A path of AWS at the start
 * of a value becomes what it is here; `places` has them by their names there, such as `/tmp`.
 */
export function commonVariables(
  environment: Readonly<Record<string, string>>,
  places: Readonly<Record<string, string>>,
  { task, tmp }: Pick<Folders, 'task' | 'tmp'>,
): Record<string, string> {
  const own = Object.entries(environment).map(([key, value]) => [
    key,
    value.replace(/^\/(var\/task|opt|tmp)(?=\/|$)/, (path) => places[path] ?? path),
  ]);
  return {
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_SESSION_TOKEN: 'local',
    AWS_REGION: REGION,
    ...Object.fromEntries(own),
    AWS_DEFAULT_REGION: REGION,
    LAMBDA_TASK_ROOT: task,
    LANG: 'en_US.UTF-8',
    TMPDIR: tmp,
    TZ: ':UTC',
  };
}

/**
 * The variables of a process in Lambda, and no other of this machine's.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
 */
export function environmentVariables(
  definition: DefinedFunction,
  { task, opt, tmp }: Folders,
  runtime: { readonly address: string; readonly folder: string; readonly logStream: string },
): Record<string, string> {
  const { name, handler, memoryMegabytes, environment } = definition;
  return {
    ...commonVariables(environment, { '/opt': opt, '/tmp': tmp }, { task, tmp }),
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMegabytes),
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_LAMBDA_FUNCTION_VERSION: LATEST,
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${name}`,
    AWS_LAMBDA_LOG_STREAM_NAME: runtime.logStream,
    AWS_LAMBDA_RUNTIME_API: runtime.address,
    LAMBDA_RUNTIME_DIR: runtime.folder,
    LD_LIBRARY_PATH: ['/lib64', '/usr/lib64', task, join(task, 'lib'), join(opt, 'lib')].join(':'),
    NODE_PATH: [join(opt, 'nodejs/node24/node_modules'), join(opt, 'nodejs/node_modules'), task].join(':'),
    PATH: ['/usr/local/bin', '/usr/bin', '/bin', join(opt, 'bin')].join(':'),
    _HANDLER: handler,
  };
}
