import { PilotlightError } from '@pilotlight/engine';

export type ServerErrorCode =
  /** No connection, or one that broke before the answer was whole. */
  | 'SERVER_UNREACHABLE'
  /** No whole answer in time. */
  | 'SERVER_TIMEOUT'
  /** Its load balancer says that there is no server, or none that answers. */
  | 'SERVER_ABSENT';

/** The server did not answer, whatever there was to answer. */
export class ServerError extends PilotlightError<ServerErrorCode> {
  override readonly name = 'ServerError';
}
