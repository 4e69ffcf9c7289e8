import * as ort from 'onnxruntime-node';
import { openArchive } from '../model-assets/toolchain/src/allennlp/archive/open-archive.ts';
import { buildGraphs } from '../model-assets/toolchain/src/allennlp/models/index.ts';
import { encodeModel } from '../model-assets/toolchain/src/graph/onnx.ts';
import { archivePath, flattenInputs, hubPath, listArchives, readReference } from './fixtures/allennlp.ts';
const types = ['basic_classifier','simple_tagger','crf_tagger','from_archive','decomposable_attention','esim','srl','biaffine_parser','constituency_parser'];
const only = process.argv.slice(2);
const flat = (v: any): number[] => [v].flat(Infinity) as number[];
for (const name of listArchives()) {
  const ref = readReference(name);
  if (!types.includes(ref.model_type) || (only.length && !only.includes(name))) continue;
  try {
    const base = ref.model_type === 'from_archive' ? '/work/shared/allennlp/basic_classifier/model.tar.gz' : hubPath(name);
    const archive = await openArchive(archivePath(name), { base });
    const { model } = buildGraphs(archive, archive.config.model) as any;
    archive.close();
    const s = await ort.InferenceSession.create(encodeModel(model.model), { intraOpNumThreads: 1, graphOptimizationLevel: 'all' });
    let worst: Record<string, number> = {};
    for (const c of ref.cases) {
      const rows = Array.isArray(c.model_inputs) ? c.model_inputs : [c.model_inputs];
      if (c.model_inputs === undefined || rows.length === 0) continue;
      const feeds: any = {};
      for (const [k, t] of Object.entries(flattenInputs(rows[0] as any))) {
        if (!model.inputs.some((i: any) => i.name === k)) continue;
        const v = flat(t.data);
        feeds[k] = new ort.Tensor(t.dtype, t.dtype === 'int64' ? BigInt64Array.from(v, BigInt) : t.dtype === 'bool' ? Uint8Array.from(v, Number) : Float32Array.from(v), t.shape as number[]);
      }
      const out = await s.run(feeds);
      for (const key of ['logits', 'probs', 'class_probabilities', 'label_logits', 'h2p_attention', 'p2h_attention'])
        if (key in c.output && out[key]) {
          const want = flat(c.output[key]); const got = [...(out[key].data as Float32Array)];
          const diff = want.length !== got.length ? Infinity : Math.max(0, ...want.map((w, i) => Math.abs(w - got[i]!) / Math.max(1, Math.abs(w))));
          worst[key] = Math.max(worst[key] ?? 0, diff);
        }
    }
    console.log('ok  ', name, JSON.stringify(worst));
  } catch (e: any) { console.log('FAIL', name, String(e.message).slice(0, 200)); }
}
