/**
 * The routes that Amazon SageMaker asks of a container, and the one that its clients call:
 * https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html
 * https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html
 */
import { parseBody, refuseField } from '../../http/request/parse.ts';
import type { Call } from '../../serve/call.ts';
import { findDefaultModel } from '../../serve/default-model.ts';
import type { AppDependencies } from '../../serve/ports.ts';
import { tellReady } from '../../serve/ready.ts';
import type { Codec } from '../../serve/wire-format.ts';
import { askFor, readRequest } from '../hugging-face/codec.ts';
import { predictRequest, type ReadRequest } from '../hugging-face/request.ts';
import type { routes } from './routes.ts';

/** The header of a call to an endpoint of several models. */
const TARGET_MODEL = 'x-amzn-sagemaker-target-model';
const JSON_LINES = /^application\/(?:x-)?(?:jsonlines|jsonl|ndjson)\b/i;
const CSV = /^text\/csv\b/i;

/** In the format of Hugging Face, or rows of it, to the model that the call names. */
const invoke: Codec = {
  decode: async (call, parts) => {
    const { headers } = call.c.req.raw;
    const model = await namedModel(call, parts);
    const request = await readRows(call, parts);
    const path = `/endpoints/${encodeURIComponent(model)}/invocations`;
    const inLines = JSON_LINES.test(headers.get('accept')?.trim() ?? '');
    const { writeJsonLines } = inLines ? await import('./json-lines.ts') : {};
    return askFor(request, call, parts, {
      ref: model,
      path,
      ...(writeJsonLines && { answer: writeJsonLines }),
    });
  },
};

export const codecs: Record<keyof typeof routes, Codec> = {
  sageMakerPing: { tell: (_, parts) => tellReady(parts) },
  sageMakerInvocations: invoke,
  sageMakerEndpoint: invoke,
};

async function readRows(call: Call, { limits }: AppDependencies): Promise<ReadRequest> {
  const type = call.c.req.header('content-type')?.trim() ?? '';
  if (JSON_LINES.test(type)) {
    const { readJsonLines } = await import('./json-lines.ts');
    const bytes = await call.body.bytes();
    return parseBody(
      predictRequest,
      readJsonLines(bytes, limits, (list) => call.body.parse(list)),
    );
  }
  if (CSV.test(type)) {
    const { readCsv } = await import('./csv.ts');
    return readCsv(await call.body.bytes(), limits);
  }
  return readRequest(call);
}

async function namedModel({ c }: Call, parts: AppDependencies): Promise<string> {
  const named = c.req.header(TARGET_MODEL) ?? c.req.param('endpoint');
  const { ref, candidates } =
    named === undefined ? await findDefaultModel(parts, 'anything') : { ref: named, candidates: [] };
  if (ref !== undefined) return ref.replace(/^\//, '').replace(/\.tar\.gz$/, '');
  throw refuseField(
    'X-Amzn-SageMaker-Target-Model',
    `must name one of ${candidates.join(', ') || 'no models'}, where PILOTLIGHT_DEFAULT_MODEL does not`,
  );
}
