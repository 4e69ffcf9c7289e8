/**
 * The maximum spanning tree of a sentence by the algorithm of Chu and Liu and of Edmonds, with the choices of AllenNLP's
 * nn/chu_liu_edmonds.py where edges are equal: scores are float32, sums of a cycle are not.
 */
import { at } from '../../../math/activations.ts';
import { orderAsPythonSet } from './python-set.ts';

/**
 * The head of every node of `[nodes]`; node 0 is the root, whose head is -1.
 *
 * @param scores of the edge from head to child, `[nodes, nodes]`; they are overwritten
 */
export function findSpanningTree(scores: Float32Array, nodes: number): Int32Array {
  return new Contraction(scores, nodes).solve();
}

/** A graph while its cycles are contracted, each to the first of its nodes. */
class Contraction {
  readonly #nodes: number;
  readonly #scores: Float32Array;
  /** `[head, child]`: the edge of the sentence that an edge of the contracted graph stands for. */
  readonly #oldHead: Int32Array;
  readonly #oldChild: Int32Array;
  readonly #isCurrent: Uint8Array;
  /** The nodes that a node stands for. */
  readonly #members: Set<number>[];
  readonly #heads: Int32Array;
  readonly #isFinal: Uint8Array;

  constructor(scores: Float32Array, nodes: number) {
    this.#nodes = nodes;
    this.#scores = scores;
    this.#oldHead = new Int32Array(nodes * nodes);
    this.#oldChild = new Int32Array(nodes * nodes);
    this.#isCurrent = new Uint8Array(nodes).fill(1);
    this.#members = Array.from({ length: nodes }, (_, node) => new Set([node]));
    this.#heads = new Int32Array(nodes);
    this.#isFinal = new Uint8Array(nodes);
    for (let head = 0; head < nodes; head++) {
      scores[head * nodes + head] = 0;
      for (let child = 0; child < nodes; child++) {
        if (child === head) continue;
        this.#oldHead[head * nodes + child] = head;
        this.#oldChild[head * nodes + child] = child;
      }
    }
  }

  solve(): Int32Array {
    const levels: { parents: Int32Array; cycle: number[]; members: readonly (readonly number[])[] }[] = [];
    let parents = this.#bestParents();
    for (;;) {
      const cycle = this.#findCycle(parents);
      if (cycle.length === 0) break;
      this.#contract(parents, cycle);
      const members = cycle.map((node) => [...(this.#members[node] ?? [])]);
      for (const node of cycle.slice(1)) this.#merge(cycle[0] ?? 0, node);
      levels.push({ parents, cycle, members });
      parents = this.#parentsAfter(parents, cycle);
    }
    this.#finish(0, -1);
    for (let node = 1; node < this.#nodes; node++) {
      if (this.#isCurrent[node]) this.#keep(at(parents, node), node);
    }
    for (const { parents, cycle, members } of levels.toReversed()) this.#expand(parents, cycle, members);
    return this.#heads;
  }

  /** The best head of every node; of heads that are equally good the first. */
  #bestParents(): Int32Array {
    const parents = new Int32Array(this.#nodes);
    parents[0] = -1;
    for (let child = 1; child < this.#nodes; child++) parents[child] = this.#bestParent(child);
    return parents;
  }

  #bestParent(child: number): number {
    let parent = 0;
    let best = this.#score(0, child);
    for (let head = 1; head < this.#nodes; head++) {
      if (head === child || !this.#isCurrent[head]) continue;
      const score = this.#score(head, child);
      if (score <= best) continue;
      best = score;
      parent = head;
    }
    return parent;
  }

  /**
   * The best heads once a cycle was contracted to its first node. What was best from within the cycle now comes from there, and nothing has
   * become better; only the order of heads that are equally good may have changed.
   */
  #parentsAfter(before: Int32Array, cycle: readonly number[]): Int32Array {
    const parents = before.slice();
    const representative = cycle[0] ?? 0;
    const inCycle = new Set(cycle);
    for (let child = 1; child < this.#nodes; child++) {
      if (!this.#isCurrent[child]) continue;
      const parent = at(parents, child);
      if (child === representative) parents[child] = this.#bestParent(child);
      else if (inCycle.has(parent)) parents[child] = this.#firstAsGood(parent, representative, child);
      else if (representative < parent && this.#score(representative, child) === this.#score(parent, child)) {
        parents[child] = representative;
      }
    }
    return parents;
  }

  /** The first head between two that is as good as the second, which is the best there is. */
  #firstAsGood(after: number, best: number, child: number): number {
    const score = this.#score(best, child);
    for (let head = after + 1; head < best; head++) {
      if (head !== child && this.#isCurrent[head] && this.#score(head, child) === score) return head;
    }
    return best;
  }

  /** The nodes of the first cycle that is found; none where there is none. */
  #findCycle(parents: Int32Array): number[] {
    const added = new Uint8Array(this.#nodes);
    added[0] = 1;
    for (let start = 1; start < this.#nodes; start++) {
      if (added[start] || !this.#isCurrent[start]) continue;
      const walked = new Set([start]);
      added[start] = 1;
      let node = start;
      let isCycle = true;
      while (!walked.has(at(parents, node))) {
        node = at(parents, node);
        if (added[node]) {
          isCycle = false;
          break;
        }
        added[node] = 1;
        walked.add(node);
      }
      if (!isCycle) continue;
      const cycle = [node];
      for (let next = at(parents, node); next !== node; next = at(parents, next)) cycle.push(next);
      return orderAsPythonSet(cycle);
    }
    return [];
  }

  /** Gives the first node of a cycle the best edges into the cycle and out of it. */
  #contract(parents: Int32Array, cycle: readonly number[]): void {
    const nodes = this.#nodes;
    const representative = cycle[0] ?? 0;
    const inCycle = new Set(cycle);
    const weight = cycle.reduce((sum, node) => sum + this.#score(at(parents, node), node), 0);
    for (let node = 0; node < nodes; node++) {
      if (!this.#isCurrent[node] || inCycle.has(node)) continue;
      let outWeight = Number.NEGATIVE_INFINITY;
      let outOf = -1;
      let inWeight = Number.NEGATIVE_INFINITY;
      let into = -1;
      for (const member of cycle) {
        const out = this.#score(member, node);
        if (out > outWeight) {
          outWeight = out;
          outOf = member;
        }
        const score = weight + this.#score(node, member) - this.#score(at(parents, member), member);
        if (score > inWeight) {
          inWeight = score;
          into = member;
        }
      }
      this.#replace(representative * nodes + node, outOf * nodes + node, outWeight);
      this.#replace(node * nodes + representative, node * nodes + into, inWeight);
    }
  }

  #replace(edge: number, by: number, score: number): void {
    this.#scores[edge] = score;
    this.#oldHead[edge] = at(this.#oldHead, by);
    this.#oldChild[edge] = at(this.#oldChild, by);
  }

  #merge(representative: number, node: number): void {
    this.#isCurrent[node] = 0;
    for (const member of this.#members[node] ?? []) this.#members[representative]?.add(member);
  }

  /** Keeps the edges of a cycle, but for the one into the node that has got another head. */
  #expand(parents: Int32Array, cycle: readonly number[], members: readonly (readonly number[])[]): void {
    const entry = members.findIndex((nodes) => nodes.some((node) => this.#isFinal[node]));
    const key = cycle[entry] ?? -1;
    for (let node = at(parents, key); node !== key; node = at(parents, node)) {
      this.#keep(at(parents, node), node);
    }
  }

  #keep(head: number, child: number): void {
    const edge = head * this.#nodes + child;
    this.#finish(at(this.#oldChild, edge), at(this.#oldHead, edge));
  }

  #finish(child: number, head: number): void {
    this.#heads[child] = head;
    this.#isFinal[child] = 1;
  }

  #score(head: number, child: number): number {
    return at(this.#scores, head * this.#nodes + child);
  }
}
