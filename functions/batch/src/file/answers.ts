/** From rows to output lines. */
import { type BulkModel, type EngineError, type PackageManifest, PilotlightError } from '@pilotlight/engine';
import { predictionJson } from '@pilotlight/engine/internal/predict/prediction-json';
import type { RowError } from '../errors.ts';
import { rowOutput } from './row-output.ts';
import type { Row } from './rows.ts';

export type BulkPredictor = Pick<BulkModel, 'predictEach'> & {
  readonly manifest: Pick<PackageManifest, 'runtime' | 'task'>;
};

/** One output line, `{"row", "id"?, "output" | "error"}` with its newline, and the code where it is an error. */
export interface Answer {
  readonly line: string;
  readonly error?: string;
}

/**
 * One answer for each row, in order. Rows that could not be read are not shown to the model.
 *
 * @throws EngineError as `BulkModel.predictEach`
 */
export async function answerRows(
  rows: readonly Row[],
  predictor: BulkPredictor,
  parameters: Readonly<Record<string, unknown>>,
  signal?: AbortSignal,
): Promise<Answer[]> {
  const inputs = rows.flatMap((row) => ('input' in row ? [row.input] : []));
  const { outcomes } = await predictor.predictEach(inputs, parameters, signal ? { signal } : {});
  const outcome = outcomes[Symbol.iterator]();
  return rows.map((row): Answer => {
    const place = row.id === undefined ? { row: row.row } : { row: row.row, id: row.id };
    if ('error' in row) return failed(place, row.error);
    const next = outcome.next().value;
    if (next === undefined)
      throw new PilotlightError('INTERNAL', 'The model gave fewer outcomes than inputs.');
    if ('error' in next) return failed(place, toRowError(next.error));
    return { line: `${predictionJson({ ...place, output: rowOutput(next.result, predictor.manifest) })}\n` };
  });
}

function failed(place: object, error: RowError): Answer {
  return { line: `${JSON.stringify({ ...place, error })}\n`, error: error.code };
}

/** An input is "Input 17" to the engine, which counts within a call; the line has the number of the row. */
function toRowError({ code, message, details }: EngineError): RowError {
  if (code !== 'INPUT_TOO_LONG') return { code, message };
  const { tokens, maxTokens } = details;
  return {
    code,
    message: `The row has ${tokens} tokens; this model takes at most ${maxTokens}. Shorten it, or set "truncate": true in the parameters.`,
  };
}
