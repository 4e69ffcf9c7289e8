/** What the hub's refusals mean, and what to do about them, in one line. */
import { ToolchainError } from '../../../errors.ts';

export interface HubQuestion {
  /** `org/model` */
  readonly id: string;
  readonly revision: string;
  /** `https://huggingface.co` */
  readonly endpoint: string;
  /** Where the token was found. @default - there is none */
  readonly tokenFrom: string | undefined;
}

/** The hub names its reasons in X-Error-Code (huggingface_hub, utils/_http.py, hf_raise_for_status). */
export function explainRefusal(
  { status, headers }: Pick<Response, 'status' | 'headers'>,
  question: HubQuestion,
): ToolchainError {
  const { id, revision, endpoint, tokenFrom } = question;
  const host = new URL(endpoint).host;
  const reason = headers.get('x-error-code');
  const page = `${endpoint}/${id}`;
  if (reason === 'GatedRepo') {
    return denied(
      tokenFrom === undefined
        ? `hf:${id} is gated: ask for access at ${page}, then set HF_TOKEN to a token of the account that got it.`
        : `hf:${id} is gated, and the account of the token in ${tokenFrom} has no access to it: ask for it at ${page}.`,
    );
  }
  if (reason === 'RevisionNotFound') {
    return notFound(`hf:${id} has no revision '${revision}': ${page}/tree/main lists branches and tags.`);
  }
  if (reason === 'EntryNotFound')
    return notFound(`hf:${id}@${revision} lacks a file that it lists (${status}).`);
  if (status === 401 && tokenFrom === undefined) {
    return denied(
      `${host} has no public model '${id}'. Check its name; if it is private or gated, set HF_TOKEN to a token that may read it.`,
    );
  }
  if (status === 401) {
    return denied(
      `${host} does not accept the token in ${tokenFrom}: it is revoked, expired or mistyped. Make another at ${endpoint}/settings/tokens.`,
    );
  }
  if (status === 403) {
    return denied(
      tokenFrom === undefined
        ? `${host} does not give hf:${id} to strangers (403): set HF_TOKEN to a token that may read it.`
        : `The token in ${tokenFrom} may not read hf:${id} (403): give it that right at ${endpoint}/settings/tokens.`,
    );
  }
  if (status === 404 || status === 410) {
    return notFound(
      `${host} has no model '${id}'${tokenFrom ? '' : ', or none that it shows without HF_TOKEN'}.`,
    );
  }
  return new ToolchainError('SOURCE_UNAVAILABLE', `${host} answered with ${status} when asked for hf:${id}.`);
}

const denied = (message: string): ToolchainError => new ToolchainError('SOURCE_DENIED', message);
const notFound = (message: string): ToolchainError => new ToolchainError('SOURCE_NOT_FOUND', message);
