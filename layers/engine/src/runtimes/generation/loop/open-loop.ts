/** Opens the graphs of a model in this thread, and the loop that runs them. */
import type { GenerationGraph } from '@pilotlight/model-format';
import { EngineError } from '@pilotlight/model-format/errors';
import type { Session } from '../../../ports.ts';
import { createOnnxSession } from '../../../session/onnx-session.ts';
import { openAll } from '../../../session/open-sessions.ts';
import { isAdded } from '../graphs.ts';
import { createSearch } from '../search/create-search.ts';
import type { Search } from '../search/search.ts';
import { createConstraint } from '../text/grammar/create-constraint.ts';
import { createStopMatcher } from '../text/stop-matcher.ts';
import type { TokenTable } from '../text/token-table.ts';
import { DecodeLoop, type LoopDependencies } from './decode-loop.ts';
import type { DecoderPlan } from './decoder-plan.ts';
import type { TokenRequest } from './decoder-port.ts';

/** How runs are watched: the session that it gives is used in place of the one that it takes. */
type Watch = (session: Session) => Session;

/** @throws EngineError as `createOnnxSession` does */
export async function openLoop(
  plan: DecoderPlan,
  {
    watch = (session) => session,
    onTurn,
  }: { readonly watch?: Watch } & Pick<LoopDependencies, 'onTurn'> = {},
): Promise<DecodeLoop> {
  const { step, encoder, facts, settings } = plan;
  const open = async (graph: GenerationGraph): Promise<Session> =>
    watch(await createOnnxSession(graph.file, graph, plan.session));
  const [session, encoderSession] = encoder
    ? await openAll([open(step), open(encoder)] as const)
    : ([await open(step), undefined] as const);
  return new DecodeLoop({
    step: {
      ...{ session, facts, inputs: new Set(step.inputs.map(({ name }) => name)) },
      added: step.outputs.map(({ name }) => name).filter(isAdded),
    },
    encoder: encoderSession,
    createSearch: (request, table) => openSearch(facts.vocabSize, request, table),
    settings,
    ...(onTurn && { onTurn }),
  });
}

function openSearch(
  vocabSize: number,
  { input, start, options }: TokenRequest,
  table: TokenTable | undefined,
): Search {
  const { stopStrings, grammar, eos } = options;
  const texts = (): TokenTable => {
    if (table) return table;
    throw new EngineError('SESSION_FAILED', 'The loop was not given the texts of the tokens.');
  };
  return createSearch(options, {
    prompt: start ?? input,
    ...(start && { source: input }),
    vocabSize,
    stops: stopStrings.length > 0 ? createStopMatcher(texts(), stopStrings) : undefined,
    constraint: grammar ? createConstraint(texts(), grammar, eos) : undefined,
  });
}
