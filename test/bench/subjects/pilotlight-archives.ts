/** Pilotlight with the package of an archive, on the protocol of test/bench/allennlp/protocol.ts. */
import './started.ts';
import { createInterface } from 'node:readline';
import { Engine } from '@pilotlight/engine';
import { predictionJson } from '@pilotlight/engine/internal/predict/prediction-json';
import { keepHeapSmall } from '../../../functions/app/src/settings/small-heap.ts';
import type {
  AnswersReply,
  ArchiveCommand,
  ArchiveProcessConfig,
  ArchiveReady,
  Input,
  PredictReply,
} from '../allennlp/protocol.ts';

const MICROSECONDS = 1000;

async function main(): Promise<void> {
  keepHeapSmall();
  const {
    models: packages,
    model,
    threads,
    input,
  }: ArchiveProcessConfig = JSON.parse(process.argv[2] ?? '{}');
  const engine = new Engine({ packages, intraOpThreads: threads });
  const predictor = await engine.bulkModel({ name: model });
  const predict = (inputs: unknown) => predictor.predict(inputs, {}, { task: 'predictor' });

  async function predictAll(inputs: readonly Input[], size: number, times: number): Promise<PredictReply> {
    const [start, used] = [performance.now(), cpu()];
    for (let time = 0; time < times; time++) {
      for (let at = 0; at < inputs.length; at += size) {
        await predict(size === 1 ? inputs[at] : inputs.slice(at, at + size));
      }
    }
    return { milliseconds: performance.now() - start, cpuMilliseconds: cpu() - used };
  }

  await predict(input);
  say({ cpuMilliseconds: cpu() } satisfies ArchiveReady);
  for await (const line of createInterface(process.stdin)) {
    const command: ArchiveCommand = JSON.parse(line);
    if (command.do === 'predict') say(await predictAll(command.inputs, command.size, command.times));
    else say({ answers: (await predict(command.inputs)).results } satisfies AnswersReply);
  }
}

function cpu(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / MICROSECONDS;
}

function say(reply: object): void {
  process.stdout.write(`${predictionJson(reply)}\n`);
}

void main();
