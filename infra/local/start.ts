/** `npm start`: every model package on http://localhost:8080. */
import { Engine } from '@pilotlight/engine';
import { createApp } from '../../functions/shared/api/app.ts';
import { type Config, readConfig } from '../../functions/shared/config.ts';
import { engineOptions, limitsOf } from '../../functions/shared/engine-options.ts';
import { PrometheusMetrics } from '../../functions/shared/prometheus.ts';
import { keepYoungGenerationSmall } from '../../functions/shared/young-generation.ts';
import { banner } from './banner.ts';
import { parseOptions, runCommand, usageError, wholeNumber } from './command.ts';
import { loadModels } from './load-models.ts';
import { consoleLogger, requestLog } from './logging.ts';
import { packagesFolder } from './models.ts';
import { listen, type Service } from './service.ts';

const HELP = `Serves the model packages over HTTP on this machine.

Usage: npm start [-- OPTIONS]

  --port N          port to listen on (default: PORT, or 8080; 0 takes a free one)
  --host ADDRESS    address to listen on (default: 127.0.0.1; 0.0.0.0 for every network)
  --model NAME      load this model at start, the others at their first request;
                    may be repeated (default: load all)
  --packages DIR    folder of packages (default: MODELS_DIR, or model-assets/packages)
  --quiet           print no line for each request
  -h, --help        print this text

Examples:
  npm start
  npm start -- --model sentiment --port 9000
  MODELS_DIR=/srv/models npm start -- --host 0.0.0.0`;

const OPTIONS = {
  port: { type: 'string' },
  host: { type: 'string', default: '127.0.0.1' },
  model: { type: 'string', multiple: true },
  packages: { type: 'string' },
  quiet: { type: 'boolean', default: false },
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
  const config = readConfig({ ...process.env, MODELS_DIR: folder });
  keepYoungGenerationSmall();
  const engine = new Engine({ ...engineOptions(config), sessions: 'worker' });
  try {
    const models = await loadModels(engine, folder, values.model ?? config.PRELOAD_MODELS, (problem) =>
      consoleLogger.warn(problem, {}),
    );
    const service = await listen(appOf(engine, config, values.quiet), values.host, port);
    endOnSignal(service, engine);
    console.log(banner(models, `http://${shownHost(values.host)}:${service.port}`));
  } catch (error) {
    await engine.dispose();
    throw error;
  }
}

function appOf(engine: Engine, config: Config, quiet: boolean) {
  const metrics = new PrometheusMetrics(() => engine.loaded().length);
  return createApp({
    engine,
    logger: consoleLogger,
    limits: limitsOf(config),
    telemetry: quiet ? [metrics] : [metrics, requestLog],
    renderMetrics: () => metrics.render(),
  });
}

function shownHost(host: string): string {
  if (['127.0.0.1', '::1', '0.0.0.0', '::'].includes(host)) return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}

/** npm passes on the signal that its process group got already, so one Ctrl-C is two signals at once. */
const SAME_SIGNAL_MS = 500;

/** The first signal lets requests under way finish, a later one ends at once. */
function endOnSignal(service: Service, engine: Engine): void {
  let endingSince: number | undefined;
  const end = async () => {
    if (endingSince !== undefined) {
      if (performance.now() - endingSince > SAME_SIGNAL_MS) process.exit(130);
      return;
    }
    endingSince = performance.now();
    await service.close();
    await engine.dispose();
    process.exit(0);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void end());
}

await runCommand('npm start', main);
