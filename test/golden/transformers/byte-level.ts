/** Writes the byte-level tokenizer.json that spans.py and its test share. */
import { byteLevelBpe } from '../../fixtures/tokenizers.ts';

process.stdout.write(JSON.stringify(byteLevelBpe(800)));
