import { PilotlightError } from '@pilotlight/engine';

export type ContainerErrorCode =
  /** No connection, or one that broke before the answer was whole. */
  | 'CONTAINER_UNREACHABLE'
  /** No whole answer in time. */
  | 'CONTAINER_TIMEOUT'
  /** Its load balancer says that there is no container, or none that answers. */
  | 'CONTAINER_ABSENT';

/** The container did not answer, whatever there was to answer. */
export class ContainerError extends PilotlightError<ContainerErrorCode> {
  override readonly name = 'ContainerError';
}
