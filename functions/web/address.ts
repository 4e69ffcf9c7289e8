import { type Environment, readSettings } from '@pilotlight/app/internal/settings/environment-settings';
import * as z from 'zod/mini';

export interface Address {
  readonly host: string;
  readonly port: number;
}

const FORMAT = /^(.+):(\d{1,5})$/;
const schema = z.object({
  AWS_LAMBDA_HTTP_ENDPOINT: z
    .string(
      'is missing. Lambda sets it in web functions; on a machine of your own set it to 127.0.0.1:8080, or run functions/server',
    )
    .check(z.regex(FORMAT, 'must be a host and a port, such as 0.0.0.0:3000')),
});

/** The address that Lambda has for the server of a web function. @throws PilotlightError INVALID_CONFIGURATION */
export function readAddress(environment: Environment): Address {
  const { AWS_LAMBDA_HTTP_ENDPOINT: endpoint } = readSettings(schema, environment);
  const [, host = '', port = ''] = FORMAT.exec(endpoint) ?? [];
  return { host: host.replace(/^\[(.*)\]$/, '$1'), port: Number(port) };
}
