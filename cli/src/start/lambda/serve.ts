/** `pilotlight start --lambda`: the API through API Gateway's events and the built predict function. */

import {
  describePackage,
  explainPlacement,
  type PackageDescription,
} from '@pilotlight/layers/internal/models/index';
import {
  type CallerRules,
  createFunctionUrl,
  createHttpApi,
  type GatewayExchange,
  type InvokeRequest,
  type InvokeResult,
  LocalLambda,
  type LogLine,
} from '@pilotlight/local';
import * as z from 'zod';
import { CliError } from '../../kit/errors.ts';
import { paint, printable } from '../../kit/style.ts';
import { table } from '../../kit/table.ts';
import { consoleLogger } from '../logging.ts';
import { listenOn } from '../service.ts';
import { builtPredict, type FunctionSettings } from './built-functions.ts';
import { exchangeLine, milliseconds, Numbers, printLog } from './lines.ts';
import { LoadTimes } from './load-times.ts';
import { ROUTES } from './routes.ts';

export interface LambdaServiceOptions {
  /** Folder of model packages. */
  readonly packages: string;
  readonly models: readonly { readonly name: string; readonly version: string }[];
  readonly host: string;
  readonly port: number;
  readonly callers: CallerRules;
  readonly settings: FunctionSettings;
  /** Seconds after which an environment without requests is ended. */
  readonly idleSeconds: number;
  /** Serve a function URL with response streaming in the place of API Gateway. */
  readonly streams: boolean;
  /** Print no line for each request. */
  readonly quiet: boolean;
  /** Print what the environments log. */
  readonly logs: boolean;
}

export interface LambdaService {
  readonly port: number;
  /** A report on the function and its first cold start. */
  readonly summary: string;
  /** Says whether each request under way got its answer in time. */
  close(): Promise<boolean>;
}

/** Serves once the first environment is warm. @throws CliError, LayerError, EngineError */
export async function serveLambda(options: LambdaServiceOptions): Promise<LambdaService> {
  const { packages, models, settings, idleSeconds, streams } = options;
  const described = models.map((model) => describePackage(packages, model));
  const environment = streams ? { PILOTLIGHT_RESPONSE_STREAM: 'true' } : {};
  const predict = await builtPredict(described, { ...settings, environment });
  const loads = new LoadTimes();
  const log = (line: LogLine) => {
    loads.read(line);
    if (options.logs || line.source === 'stderr') printLog(line);
  };
  const { allowedHosts = [] } = options.callers;
  const lambda = await LocalLambda.start({ functions: [predict], idleSeconds, log, allowedHosts });
  try {
    const first = await lambda.invoke({ functionName: 'predict:live', payload: WARM_UP });
    if (first.functionError) throw new CliError('MODEL_REFUSED', `The function fails: ${first.payload}`);
    const numbers = new Numbers();
    const answered = (exchange: GatewayExchange) => {
      if (!options.quiet) console.log(explainExchange(exchange, numbers, loads));
    };
    numbers.of(first.environment);
    const front = {
      invoke: (request: InvokeRequest) => lambda.invoke(request),
      functionName: 'predict:live',
      answered,
      callers: options.callers,
      failed: (error: unknown) => consoleLogger.error('What stands before the function failed', { error }),
    };
    const api = streams ? createFunctionUrl(front) : createHttpApi({ ...front, routes: ROUTES });
    const service = await listenOn(api, options.host, options.port);
    return {
      port: service.port,
      summary: [
        `Function predict: ${predict.memoryMegabytes} MB, ${predict.timeoutSeconds} s; Invoke API: AWS_ENDPOINT_URL_LAMBDA=${lambda.url}`,
        explainPlacement(predict.placement),
        coldStartTable(first, described, loads),
      ].join('\n\n'),
      close: async () => {
        const isDone = await service.close();
        await lambda.close();
        return isDone;
      },
    };
  } catch (error) {
    await lambda.close();
    throw error;
  }
}

const WARM_UP = JSON.stringify({ source: 'pilotlight.warmup' });

function coldStartTable(
  { environment, init }: InvokeResult,
  models: readonly PackageDescription[],
  loads: LoadTimes,
): string {
  const byModel = new Map(loads.of(environment).map((load) => [load.model, load]));
  const phases = [
    ['process', init?.processMs],
    ['import and models', init?.functionMs],
    ...models.map(({ name }) => [`  ${name}`, byModel.get(name)?.LoadTime] as const),
    ['init phase', init?.totalMs],
  ] as const;
  const rows = phases.flatMap(([phase, ms]) => (ms === undefined ? [] : [[phase, milliseconds(ms)]]));
  return table([{ title: 'COLD START' }, { title: 'TIME', align: 'right' }], rows);
}

/** The line of a request, and where it was a cold start, its phases. */
function explainExchange(exchange: GatewayExchange, numbers: Numbers, loads: LoadTimes): string {
  const { result } = exchange;
  const line = exchangeLine({ ...exchange, environment: result?.environment }, numbers);
  return [line, ...failureLines(result), ...coldStartLines(result, loads)].join('\n    ');
}

const errorSchema = z.object({ errorType: z.string(), errorMessage: z.string() });

/** The reason for a failure, which the client does not get. */
function failureLines(result: InvokeResult | undefined): string[] {
  if (!result?.functionError) return [];
  const { data } = errorSchema.safeParse(JSON.parse(result.payload.toString()));
  return data ? [`${paint('red', data.errorType)} ${printable(data.errorMessage)}`] : [];
}

function coldStartLines(result: InvokeResult | undefined, loads: LoadTimes): string[] {
  if (!result?.init) return [];
  const { totalMs, processMs, functionMs } = result.init;
  const models = loads
    .of(result.environment)
    .map(({ model, LoadTime }) => `${model} ${milliseconds(LoadTime)}`);
  const parts = [
    `process ${milliseconds(processMs)}`,
    `import and models ${milliseconds(functionMs)}${models.length > 0 ? ` (${models.join(', ')})` : ''}`,
    `request ${milliseconds(result.durationMs)}`,
  ];
  return [`${paint('cyan', `cold start: init ${milliseconds(totalMs)}`)} ${paint('dim', parts.join(', '))}`];
}
