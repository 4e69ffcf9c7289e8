/**
 * McNemar's test: how probable it is that two models of the same quality differ by so much on the same rows, two-sided. `regressions` of
 * the rows are right by the first model only, `fixes` by the second only. Exact, by the binomial distribution with a half, whatever the
 * counts are; 1 where the models are right on the same rows.
 */
export function mcnemar(regressions: number, fixes: number): number {
  const all = regressions + fixes;
  const fewer = Math.min(regressions, fixes);
  let logChoices = 0;
  let tail = 0;
  for (let count = 0; count <= fewer; count++) {
    tail += Math.exp(logChoices - all * Math.LN2);
    logChoices += Math.log(all - count) - Math.log(count + 1);
  }
  return Math.min(1, 2 * tail);
}
