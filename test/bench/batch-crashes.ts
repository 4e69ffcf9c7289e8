/** `npm run bench:crashes`: the fault test of the batch function at its full size. */
import { weather } from '../e2e/batch-crashes.ts';

const kills = Number(process.argv[2] ?? 50);
const rows = Number(process.argv[3] ?? 20_000);
const PART_ROWS = 2000;

const storm = { rows, partRows: PART_ROWS, kills, trouble: 0.1, longestLifeMs: 1500 };
const { calm, stormy, kills: killed, troubles, seconds } = await weather(storm);
const countParts = (results: typeof calm) =>
  JSON.stringify(results.filter(({ key }) => key.startsWith('part-')).map(({ body }) => body));
const same = stormy.filter((results) => countParts(results) === countParts(calm)).length;
const troubled = Object.entries(troubles).map(([name, count]) => `${count} ${name}`);
console.log(
  `${killed} workers killed over ${stormy.length} files of ${rows} rows, in ${Math.round(seconds)} s`,
);
console.log(`troubles of S3: ${troubled.join(', ')}`);
console.log(`${same} of ${stormy.length} files have the bytes of the undisturbed run`);
if (same < stormy.length || killed < kills) process.exitCode = 1;
