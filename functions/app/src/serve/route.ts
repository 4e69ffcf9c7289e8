/** One row of a route table: plain data that loads nothing. */
export interface Route {
  readonly method: 'get' | 'post' | 'delete';
  /** As OpenAPI and API Gateway write it, parameters in braces. */
  readonly path: string;
  /** Under which the OpenAPI document lists it. */
  readonly tag: string;
  readonly summary: string;
}
