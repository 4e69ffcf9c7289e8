/** Entry of a trial's process: runs the trial graph on the execution provider that the command line names. */
import './no-telemetry.ts';
import * as ort from 'onnxruntime-node';
import { TRIAL_INPUT, TRIAL_OUTPUT, trialGraph } from './trial-graph.ts';

const [, , provider = 'cpu'] = process.argv;

try {
  const session = await ort.InferenceSession.create(trialGraph(), {
    executionProviders: [provider],
    logSeverityLevel: 3,
    // Without this the CPU silently takes over what the provider cannot do.
    ...(provider !== 'cpu' && { extra: { session: { disable_cpu_ep_fallback: '1' } } }),
  });
  const { y } = await session.run({ x: new ort.Tensor('float32', TRIAL_INPUT, [1, 2]) });
  if (String(y?.data) === String(TRIAL_OUTPUT)) process.stdout.write('works');
  else process.stderr.write(`${provider} gave ${y?.data} instead of ${TRIAL_OUTPUT}\n`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
}
