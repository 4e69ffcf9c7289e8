/** Writes the bases that make-adapters.py trains adapters on: `node test/golden/lora/write-bases.ts FOLDER`. */
import { writeBases } from './bases.ts';

writeBases(process.argv[2] ?? 'bases');
