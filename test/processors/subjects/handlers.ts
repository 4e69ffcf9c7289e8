/** Imports the bundles that the arguments name, as Lambda does; gives what each exports. */
import { pathToFileURL } from 'node:url';
import { writeResults } from './write-results.ts';

const exported: string[][] = [];
for (const file of process.argv.slice(2)) {
  exported.push(Object.keys(await import(pathToFileURL(file).href)));
}
writeResults(exported);
// Clients of AWS may keep sockets open.
process.exit();
