/** `pilotlight start --web`: the built web function, behind an endpoint like Lambda's. */

import { bundleFolder } from '@pilotlight/functions';
import { describePackage } from '@pilotlight/layers/internal/models/index';
import { buildWebPackage, WEB_PACKAGE_LIMIT_BYTES } from '@pilotlight/layers/internal/web/index';
import { LocalWebFunction, type LogLine, type WebFunction } from '@pilotlight/local';
import { buildFolder } from '../../clone.ts';
import { listenOn } from '../service.ts';
import { runtimeLayer } from './built-functions.ts';
import { exchangeLine, Numbers, printLog } from './lines.ts';
import type { LambdaService, LambdaServiceOptions } from './serve.ts';

export interface WebServiceOptions
  extends Omit<LambdaServiceOptions, 'settings' | 'idleSeconds' | 'streams'> {
  readonly settings: Required<
    Pick<WebFunction, 'maxEnvironments' | 'maxConcurrencyPerEnvironment' | 'idleSeconds'>
  >;
}

/** Serves from zero: the first request starts the first environment. @throws CliError, LayerError, EngineError */
export async function serveWeb(options: WebServiceOptions): Promise<LambdaService> {
  const { packages, models, settings, callers, host, port, quiet } = options;
  const { definition, bytes } = builtWeb(packages, models);
  const numbers = new Numbers();
  const web = new LocalWebFunction(
    { ...definition, ...settings },
    {
      callers,
      log: (line: LogLine) => {
        if (options.logs || line.source === 'stderr') printLog(line);
      },
      answered: (exchange) => {
        if (!quiet) console.log(exchangeLine(exchange, numbers));
      },
    },
  );
  try {
    const service = await listenOn(web.server, host, port);
    return {
      port: service.port,
      summary: summarise(bytes, settings),
      close: async () => {
        const isDone = await service.close();
        await web.close();
        return isDone;
      },
    };
  } catch (error) {
    await web.close();
    throw error;
  }
}

/** The web function with its models, as a deployment has it, but for the processor of its native packages: this machine's. */
export function builtWeb(
  packages: string,
  models: LambdaServiceOptions['models'],
): { readonly definition: WebFunction; readonly bytes: number } {
  const { folder, bytes, entryPoint } = buildWebPackage({
    models: models.map((model) => describePackage(packages, model)),
    bundle: bundleFolder('web').folder,
    outdir: buildFolder('web'),
    runtime: runtimeLayer(),
  });
  const environment = {
    PILOTLIGHT_MODELS_DIR: '/var/task/models',
    PILOTLIGHT_PRELOAD_MODELS: models.map(({ name, version }) => `${name}@${version}`).join(','),
    // Lambda has compared the hash of the package.
    PILOTLIGHT_VERIFY: 'size',
  };
  return { definition: { name: 'web', folder, entryPoint, environment }, bytes };
}

function summarise(
  bytes: number,
  { maxEnvironments, maxConcurrencyPerEnvironment, idleSeconds }: WebServiceOptions['settings'],
): string {
  const megabytes = (value: number) => `${(value / 1e6).toFixed(1)} MB`;
  return [
    `Web function: package of ${megabytes(bytes)}, of ${megabytes(WEB_PACKAGE_LIMIT_BYTES)} that Lambda takes`,
    `Up to ${maxEnvironments} environments with up to ${maxConcurrencyPerEnvironment} requests at once; the first request starts the first one`,
    `An environment ends ${idleSeconds} s after its last request`,
  ].join('\n');
}
