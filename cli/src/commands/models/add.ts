import { GENERATION_TASKS, TASKS } from '@pilotlight/model-format';
import { defineCommand } from '../../kit/command.ts';
import { OPTIONS } from '../../models/add-options.ts';

export const command = defineCommand({
  summary: 'package a Hugging Face checkpoint or an .onnx export',
  usage: ['SOURCE --name NAME [OPTIONS]'],
  description: `SOURCE is the folder of a checkpoint or of an .onnx export, the .onnx file, or an address: hf:org/model[@revision] of the Hugging Face Hub (HF_TOKEN, HF_ENDPOINT), s3://bucket/prefix, mlflow:FOLDER, mlflow:models:/name/version. The package is verified and, by default, int8: of several ways to quantise, the fastest that loses little beside fp32 is taken. Tasks: ${[...TASKS, ...GENERATION_TASKS].join(', ')}.`,
  options: OPTIONS,
  examples: [
    'pilotlight models add hf:distilbert/distilbert-base-uncased-finetuned-sst-2-english --name sentiment-en',
    'pilotlight models add s3://my-models/reviews --name reviews',
    'pilotlight models add ./my-checkpoint --name reviews --task text-classification',
    'pilotlight models add ./bge-small/onnx/model_fp16.onnx --name bge --pooling cls --normalize',
    'pilotlight models add ./minilm --name minilm --quality best',
    'pilotlight models add ./minilm --name minilm --scheme int8-rows --texts questions.txt',
    'pilotlight models add ./flan-t5-small --name rewriter --task summarization',
    'pilotlight models add ./ner --name ner --version 2.0.0 --evaluate test.jsonl --dataset conll2003',
  ],
  run: async (line, terminal) => (await import('../../models/add.ts')).add(line, terminal),
});
