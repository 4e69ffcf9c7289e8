/** The memory of a server that serves models of archives, over very many texts of all lengths. It takes minutes: PILOTLIGHT_TESTS=long. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { packageArchive } from '../../model-assets/toolchain/src/allennlp/package/package-archive.ts';
import { type InferenceServer, startServer } from '../e2e/server.ts';
import { archivePath, hasArchives } from '../fixtures/allennlp.ts';
import { Random } from '../fixtures/random.ts';
import { LONG } from '../scale.ts';
import { temporaryFolder } from '../unit/toolchain/temporary-folder.ts';
import { isMeasurable, residentMb } from './process-cost.ts';

const MODELS = [
  { name: 'made_crf_tagger_bioul', key: 'sentence' },
  { name: 'made_seq2seq_reverse', key: 'source' },
] as const;
const WORDS = 'the cat dog John Smith lives in Seattle , red bird house 😀 unheard Paris .'.split(' ');
const LONGEST = 60;
const PREDICTIONS = 50_000;
const OF_CALL = 25;
/** Until the heap and the arenas have the size that these texts need. */
const WARM_UP = 15_000;
const SAMPLED_EACH = 1_000;
/** As a share of what the process has then. */
const MOST_GROWTH = 0.02;

const median = (values: readonly number[]) =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

const root = temporaryFolder();
let server: InferenceServer | undefined;
afterAll(() => server?.signal('SIGKILL'));

describe.skipIf(!LONG || !hasArchives || !isMeasurable)(
  'memory (skipped without PILOTLIGHT_TESTS=long and ../shared/allennlp)',
  () => {
    it.each(MODELS)(
      `of a server that answers ${PREDICTIONS} texts by $name stays as it is`,
      async ({ name, key }) => {
        const packages = join(root, name);
        mkdirSync(packages);
        await packageArchive({
          ...{
            source: archivePath(name),
            packages,
            name: 'model',
            version: '1.0.0',
            force: true,
            tokenBudget: 1024,
          },
          tokenization: 'whitespace',
        });
        server = await startServer({ PILOTLIGHT_MODELS_DIR: packages });
        const random = new Random(7);
        const text = () =>
          Array.from({ length: 1 + random.below(LONGEST) }, () => WORDS[random.below(WORDS.length)]).join(
            ' ',
          );
        const samples: number[] = [];
        for (let done = 0; done < WARM_UP + PREDICTIONS; done += OF_CALL) {
          if (done >= WARM_UP && done % SAMPLED_EACH === 0) samples.push(residentMb(server.pid).now);
          const response = await fetch(`${server.url}/models/model/predict_batch`, {
            method: 'POST',
            body: JSON.stringify(Array.from({ length: OF_CALL }, () => ({ [key]: text() }))),
          });
          expect(response.status).toBe(200);
          await response.arrayBuffer();
        }
        server.signal('SIGKILL');
        const [early, late] = [median(samples.slice(0, 5)), median(samples.slice(-5))];
        expect(late, `${samples.join(' ')} MB`).toBeLessThan(early * (1 + MOST_GROWTH));
      },
      1_800_000,
    );
  },
);
