/** `npm start`: every model package on http://localhost:8080. */

import { createApp } from '@pilotlight/app/internal/app';
import type { AppOptions } from '@pilotlight/app/internal/serve/ports';
import { type Config, readConfig } from '@pilotlight/app/internal/settings/config';
import { appOptions, engineOptions } from '@pilotlight/app/internal/settings/engine-options';
import { handOverOptions } from '@pilotlight/app/internal/settings/hand-over-options';
import { keepHeapSmall } from '@pilotlight/app/internal/settings/small-heap';
import { PrometheusMetrics } from '@pilotlight/app/internal/telemetry/prometheus';
import { Engine } from '@pilotlight/engine';
import { banner, lambdaBanner } from './banner.ts';
import type { UploadsOptions } from './batch/uploads.ts';
import { parseOptions, runCommand, usageError, wholeNumber } from './command.ts';
import { containerSetting } from './container.ts';
import { loadModels } from './load-models.ts';
import { consoleLogger, requestLog } from './logging.ts';
import { findModel, listModels, packagesFolder } from './models.ts';
import { listen } from './service.ts';

const HELP = `Serves the model packages over HTTP on this machine.

Usage: npm start [-- OPTIONS]

  --port N          port to listen on (default: PORT, or 8080; 0 takes a free one)
  --host ADDRESS    address to listen on (default: 127.0.0.1; 0.0.0.0 for every network)
  --model NAME      load this model at start, the others at their first request;
                    may be repeated (default: load all)
  --packages DIR    folder of packages (default: PILOTLIGHT_MODELS_DIR, or model-assets/packages)
  --s3-port N       port of S3, whose files are predicted (default: 4568, or a free one)
  --container URL   hand over to the server there what only it has (docs/gpu.md); PILOTLIGHT_SERVER
                    says more
  --quiet           print no line for each request
  -h, --help        print this text

  --lambda          serve through the built predict function, in execution environments as AWS
                    has them; see docs/local-lambda.md
  --memory MB       with --lambda: memory of the function, 128 to 10240 (default: 1769, one vCPU)
  --concurrency N   with --lambda: environments that may exist at once (default: 10)
  --idle SECONDS    with --lambda: end an environment after so long without a request (default: 300)
  --logs            with --lambda: print what the environments log

Examples:
  npm start
  npm start -- --model sentiment --port 9000
  npm start -- --container http://localhost:9090
  npm start -- --lambda --model sentiment --memory 512
  PILOTLIGHT_MODELS_DIR=/srv/models npm start -- --host 0.0.0.0`;

const OPTIONS = {
  port: { type: 'string' },
  host: { type: 'string', default: '127.0.0.1' },
  model: { type: 'string', multiple: true },
  packages: { type: 'string' },
  's3-port': { type: 'string' },
  container: { type: 'string' },
  quiet: { type: 'boolean', default: false },
  lambda: { type: 'boolean', default: false },
  memory: { type: 'string' },
  concurrency: { type: 'string' },
  idle: { type: 'string' },
  logs: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

async function main(args: readonly string[]): Promise<void> {
  const { values, positionals } = parseOptions(args, OPTIONS);
  if (values.help) return console.log(HELP);
  if (positionals[0] !== undefined) {
    throw usageError(`${JSON.stringify(positionals[0])} is not an option.`);
  }
  const port = wholeNumber(values.port ?? (process.env.PORT || '8080'), 'The port', 0, 65_535);
  const folder = packagesFolder(values.packages);
  if (values.lambda) {
    if (values.container !== undefined) throw usageError('--container is not for --lambda.');
    return startLambda(values, folder, port);
  }
  const stray = (['memory', 'concurrency', 'idle'] as const).find((name) => values[name] !== undefined);
  if (stray ?? values.logs) throw usageError(`--${stray ?? 'logs'} is for --lambda.`);
  const config = readConfig({
    ...process.env,
    PILOTLIGHT_MODELS_DIR: folder,
    ...(values.container !== undefined && { PILOTLIGHT_SERVER: await containerSetting(values.container) }),
  });
  keepHeapSmall();
  const engine = new Engine({ ...engineOptions(config), sessions: 'worker' });
  try {
    const models = await loadModels(
      engine,
      folder,
      values.model ?? config.PILOTLIGHT_PRELOAD_MODELS,
      (problem) => consoleLogger.warn(problem, {}),
    );
    const elsewhere = await handOverOptions(config, consoleLogger);
    const app = appOf(engine, config, values.quiet, elsewhere);
    const service = await listen(app, values.host, port);
    // Loaded here, for S3 takes a moment that serving through Lambda need not wait for.
    const { startUploads } = await import('./batch/uploads.ts');
    const options = { engine, logger: consoleLogger, port: s3Port(values['s3-port'], port) };
    const uploads = await startUploads(options).catch(async (error) => {
      await service.close();
      throw error;
    });
    endOnSignal(async () => {
      await service.close();
      await uploads.close();
      await engine.dispose();
    });
    console.log(
      banner(models, baseOf(values.host, service.port), uploads.endpoint, config.PILOTLIGHT_SERVER),
    );
  } catch (error) {
    await engine.dispose();
    throw error;
  }
}

/** What is asked for; else the usual one, or a free one where the service itself takes a free one. */
function s3Port(option: string | undefined, port: number): UploadsOptions['port'] {
  if (option !== undefined) return { wanted: wholeNumber(option, '--s3-port', 0, 65_535) };
  return port === 0 ? { wanted: 0 } : { wanted: 4568, elseFree: true };
}

interface LambdaValues {
  readonly host: string;
  readonly model?: readonly string[] | undefined;
  readonly memory?: string | undefined;
  readonly concurrency?: string | undefined;
  readonly idle?: string | undefined;
  readonly quiet: boolean;
  readonly logs: boolean;
}

async function startLambda(values: LambdaValues, packages: string, port: number): Promise<void> {
  const { host, quiet, logs } = values;
  const memoryMegabytes = wholeNumber(values.memory ?? '1769', '--memory', 128, 10_240);
  const reservedConcurrency = wholeNumber(values.concurrency ?? '10', '--concurrency', 1, 100);
  const idleSeconds = wholeNumber(values.idle ?? '300', '--idle', 1, 86_400);
  const entries = await listModels(new Engine({ packages }), packages);
  const names = values.model ?? [...new Set(entries.map(({ name }) => name))];
  const models = names.map((ref) => findModel(ref, entries));
  const settings = { memoryMegabytes, reservedConcurrency };
  // Loaded here, because only this way of serving needs the bundler and the layer builds.
  const { serveLambda } = await import('./lambda/serve.ts');
  const service = await serveLambda({ packages, models, host, port, settings, idleSeconds, quiet, logs });
  endOnSignal(() => service.close());
  console.log(lambdaBanner(models, service.summary, baseOf(host, service.port)));
}

function appOf(engine: Engine, config: Config, quiet: boolean, elsewhere: Partial<AppOptions>) {
  const metrics = new PrometheusMetrics(() => engine.loaded().length);
  return createApp({
    engine,
    logger: consoleLogger,
    ...appOptions(config),
    ...elsewhere,
    telemetry: quiet ? [metrics] : [metrics, requestLog],
    renderMetrics: () => metrics.render(),
  });
}

const baseOf = (host: string, port: number): string => `http://${shownHost(host)}:${port}`;

function shownHost(host: string): string {
  if (['127.0.0.1', '::1', '0.0.0.0', '::'].includes(host)) return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}

/** npm passes on the signal that its process group got already, so one Ctrl-C is two signals at once. */
const SAME_SIGNAL_MS = 500;

/** The first signal lets requests under way finish, a later one ends at once. */
function endOnSignal(close: () => Promise<void>): void {
  let endingSince: number | undefined;
  const end = async () => {
    if (endingSince !== undefined) {
      if (performance.now() - endingSince > SAME_SIGNAL_MS) process.exit(130);
      return;
    }
    endingSince = performance.now();
    await close();
    process.exit(0);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void end());
}

await runCommand('npm start', main);
