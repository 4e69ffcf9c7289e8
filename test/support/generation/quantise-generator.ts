/** Generators in int8, calibrated on what their graphs are fed while they generate. */
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import type { Session } from '@pilotlight/engine';
import type { TokenRequest } from '@pilotlight/engine/internal/runtimes/generation/loop/decoder-port';
import { openLoop } from '@pilotlight/engine/internal/runtimes/generation/loop/open-loop';
import type { SchemeName } from '@pilotlight/model-format';
import type { BuiltGenerator, BuiltPart } from '@pilotlight/toolchain/internal/generation/graph/index';
import { silent } from '@pilotlight/toolchain/internal/progress';
import type { TextFeed } from '@pilotlight/toolchain/internal/runtime/capture';
import { INT8_RUNGS } from '@pilotlight/toolchain/internal/schemes/rung';
import { Calibration } from '@pilotlight/toolchain/internal/stages/quantise';
import { withPlan } from './open-generator.ts';

/** Runs of each graph that are recorded. */
const MOST_FEEDS = 40;

/** The graphs of `built` are changed; weights of the new ones are in `scratch`, which the caller removes. */
export async function quantiseGenerator(
  built: BuiltGenerator,
  name: SchemeName,
  requests: readonly TokenRequest[],
  scratch: string,
): Promise<BuiltGenerator> {
  const [step = [], encoder = []] = await recordFeeds(built, requests);
  const rung = INT8_RUNGS.find(({ scheme }) => scheme === name);
  const quantise = async (part: BuiltPart, feeds: readonly TextFeed[]): Promise<BuiltPart> => {
    const quantised = await rung?.build(part.model, {
      settings: { keep: [], reduceRange: true },
      progress: silent,
      scratch,
      calibration: async () => new Calibration(feeds, mkdtempSync(join(scratch, 'calibration-'))),
    });
    return quantised ? { ...part, model: quantised.model } : part;
  };
  return {
    ...built,
    step: await quantise(built.step, step),
    ...(built.encoder && { encoder: await quantise(built.encoder, encoder) }),
  };
}

async function recordFeeds(built: BuiltGenerator, requests: readonly TokenRequest[]): Promise<TextFeed[][]> {
  const recorded: TextFeed[][] = [];
  const watch = (session: Session): Session => {
    const feeds: TextFeed[] = [];
    recorded.push(feeds);
    return {
      run: (given, outputs) => {
        const copy = Object.entries(given).map(([name, { dims, data }]) => [
          name,
          { dims, data: data.slice() },
        ]);
        if (feeds.length < MOST_FEEDS) feeds.push(Object.fromEntries(copy) as TextFeed);
        return session.run(given, outputs);
      },
      get ended() {
        return session.ended;
      },
      dispose: () => session.dispose(),
    };
  };
  const loop = await withPlan(built, {}, (plan) => openLoop(plan, { watch }));
  for (const request of requests) {
    await new Promise<void>((resolve, reject) => {
      loop.start(request, (event) => {
        if (event.kind === 'end') resolve();
        else if (event.kind === 'failure') reject(event.error);
      });
    });
  }
  await loop.dispose();
  return recorded;
}
