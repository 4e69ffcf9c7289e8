/** The interface to other functions of a deployment, each with models of its own. */
import type { Context } from 'hono';

export interface Siblings {
  /** Names of the models that they have. */
  readonly models: readonly string[];
  /**
   * Has the function of a model answer the request as it came, or on a path that names the model.
   *
   * @throws HttpError FUNCTION_UNAVAILABLE, EngineError OVERLOADED
   */
  answer(model: string, c: Context, path: string | undefined): Promise<Response>;
}
