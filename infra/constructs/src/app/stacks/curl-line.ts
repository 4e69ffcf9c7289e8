import { createHash } from 'node:crypto';
import type { Config } from '../config/schema.ts';

/** The options of curl that each kind of caller adds. `REGION` stands for the region of the API. */
const CREDENTIALS: Readonly<Record<Config['api']['auth']['kind'], string>> = {
  iam: '--aws-sigv4 aws:amz:REGION:execute-api --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" -H "x-amz-security-token: $AWS_SESSION_TOKEN" ',
  jwt: '-H "authorization: Bearer $TOKEN" ',
  'api-key': '-H "x-api-key: $API_KEY" ',
  none: '',
};

/** The options for the address of a web function, which also wants a checksum of the body where IAM signs. */
const WEB_CREDENTIALS = {
  iam: CREDENTIALS.iam.replace('execute-api', 'lambda'),
  'api-key': CREDENTIALS['api-key'],
  none: CREDENTIALS.none,
} as const;

/** Formats a command that asks `model` of a web function. `url` ends in a slash. */
export function webCurlLine(
  url: string,
  model: string,
  kind: keyof typeof WEB_CREDENTIALS,
  region: string,
): string {
  const credentials = WEB_CREDENTIALS[kind].replace('REGION', region);
  const body = '{"inputs":"I love this"}';
  const checksum =
    kind === 'iam' ? `-H "x-amz-content-sha256: ${createHash('sha256').update(body).digest('hex')}" ` : '';
  return `curl ${credentials}${checksum}-d '${body}' ${url}models/${model}`;
}

/** Formats a command that asks `model`, to be copied from the outputs of a stack. `url` ends in a slash. */
export function curlLine(url: string, model: string, kind: keyof typeof CREDENTIALS, region: string): string {
  const credentials = CREDENTIALS[kind].replace('REGION', region);
  return `curl ${credentials}-d '{"inputs":"I love this"}' ${url}models/${model}`;
}
