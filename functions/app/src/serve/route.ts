/** One row of a route table: plain data that loads nothing. */
export interface Route {
  readonly method: 'get' | 'post' | 'delete';
  /** The path in the notation of OpenAPI and API Gateway, parameters in braces. */
  readonly path: string;
  /** The heading under which the OpenAPI document lists it. */
  readonly tag: string;
  readonly summary: string;
}
