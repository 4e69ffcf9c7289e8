import { MEGABYTES_PER_VCPU } from '@pilotlight/model-format';
import { PACKAGES_DEFAULT } from '../clone.ts';
import type { CommandLine, Options } from '../kit/options.ts';

export const OPTIONS = {
  port: {
    type: 'string',
    value: 'N',
    help: 'port to listen on; 0 takes a free one',
    otherwise: 'PORT, or 8080',
  },
  host: {
    type: 'string',
    value: 'ADDRESS',
    default: '127.0.0.1',
    help: 'address to listen on; 0.0.0.0 listens on every network',
  },
  'allow-host': {
    type: 'string',
    value: 'NAME',
    multiple: true,
    help: 'name by which others call this machine, such as host.docker.internal',
    otherwise: 'localhost, 127.0.0.1, [::1] and the address of --host',
  },
  model: {
    type: 'string',
    value: 'NAME',
    multiple: true,
    help: 'load this model at start; the others load at their first request',
    otherwise: 'all of them load at start',
  },
  packages: { type: 'string', value: 'DIR', help: 'folder of model packages', otherwise: PACKAGES_DEFAULT },
  's3-port': {
    type: 'string',
    value: 'N',
    help: 'port of a local S3; files put there are predicted',
    otherwise: '4568, or a free one',
  },
  server: {
    type: 'string',
    value: 'URL',
    help: 'hand over requests for models that only the server at this address has; PILOTLIGHT_SERVER has more settings (docs/reference/server.md)',
  },
  'api-keys': {
    type: 'string',
    value: 'FILE',
    help: 'ask for the keys of this file, and hold their limits, as a deployment does by a secret (docs/how-to/keys-and-quotas.md)',
    otherwise: 'nobody needs a key',
  },
  quiet: { type: 'boolean', help: 'print no line for each request' },
  lambda: {
    type: 'boolean',
    help: 'serve through the built predict function, in execution environments like those of AWS (docs/how-to/run-local-lambda.md)',
  },
  web: {
    type: 'boolean',
    help: 'serve through the built web function, in execution environments that requests share (docs/how-to/run-local-lambda.md)',
  },
  'function-url': {
    type: 'boolean',
    help: 'with --lambda: behind a function URL with response streaming, and not API Gateway, so that texts arrive token by token',
  },
  memory: {
    type: 'string',
    value: 'MB',
    help: 'with --lambda: memory of the function, 128 to 10240',
    otherwise: `${MEGABYTES_PER_VCPU}, one vCPU`,
  },
  concurrency: {
    type: 'string',
    value: 'N',
    help: 'with --lambda or --web: most environments that exist at once',
    otherwise: '10',
  },
  'per-environment': {
    type: 'string',
    value: 'N',
    help: 'with --web: most requests that an environment has at once, 1 to 128',
    otherwise: '64',
  },
  idle: {
    type: 'string',
    value: 'SECONDS',
    help: 'with --lambda or --web: end an environment after so many seconds without a request',
    otherwise: '300',
  },
  logs: { type: 'boolean', help: 'with --lambda or --web: print what the environments log' },
} as const satisfies Options;

export type StartLine = CommandLine<typeof OPTIONS>;
