import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startRehearsal, type Rehearsal } from '../../local/rehearsal/rehearsal.ts';
import type { OperatorDecision } from '../../domain/operator-decision.ts';
import { MINUTE_MS } from '../../domain/time.ts';
import { createPrng, type Prng } from '../../sim/prng.ts';
import type { Mishap } from '../../local/faults.ts';

/** Fixed seeds, so that a failure is found again; more with `BAD_NIGHTS=first-last`. */
function seeds(): readonly number[] {
  const [first = 1, last = 6] = (process.env['BAD_NIGHTS'] ?? '').split('-').filter((text) => text !== '').map(Number);
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

const verbs: readonly OperatorDecision['verb'][] = ['pause', 'resume', 'retry', 'skip', 'resume', 'abort'];

function mishap(prng: Prng): Mishap {
  const answers = [429, 500, 502, 503] as const;
  const status = answers[prng.integer({ min: 0, max: answers.length - 1 })] ?? 500;
  if (prng.ratio() < 0.3) return { kind: 'cut', moment: prng.ratio() < 0.5 ? 'before' : 'after' };
  return { kind: 'answer', moment: prng.ratio() < 0.7 ? 'before' : 'after', response: { status, headers: status === 429 ? { 'retry-after': '45' } : {}, body: null } };
}

/** Something bad, or somebody's hand, drawn from the seed. */
function trouble(rehearsal: Rehearsal, prng: Prng): string {
  const { world } = rehearsal;
  switch (prng.integer({ min: 0, max: 7 })) {
    case 0:
      world.faults.arm.add({ method: null, path: null, times: prng.integer({ min: 1, max: 5 }), mishap: mishap(prng) });
      return 'arm fault';
    case 1:
      world.faults.kubernetes.add({ method: null, path: null, times: prng.integer({ min: 1, max: 5 }), mishap: mishap(prng) });
      return 'kubernetes fault';
    case 2:
      world.faults.github.add({ method: null, path: null, times: prng.integer({ min: 1, max: 8 }), mishap: mishap(prng) });
      return 'github fault';
    case 3:
    case 4: {
      const minAvailable = prng.ratio() < 0.5 ? 3 : 2;
      world.perturb({ kind: 'change-budget', namespace: 'shop', name: 'images', minAvailable, by: 'team-shop' });
      return `budget ${minAvailable}`;
    }
    case 5: {
      const verb = verbs[prng.integer({ min: 0, max: verbs.length - 1 })] ?? 'resume';
      // An abort ends the story early, so it comes late.
      if (verb === 'abort' && rehearsal.minute() < 120) return 'nothing';
      rehearsal.say(verb);
      return verb;
    }
    case 6:
      world.perturb({ kind: 'foreign-operation', pool: 'spot', operation: 'Scaling', minutes: prng.integer({ min: 2, max: 20 }), by: 'somebody' });
      return 'foreign operation';
    default:
      world.perturb({ kind: 'slow-workload', workload: { kind: 'Deployment', namespace: 'shop', name: 'search' }, startSeconds: prng.integer({ min: 30, max: 400 }), stopSeconds: null });
      return 'slow workload';
  }
}

for (const seed of seeds()) {
  test(`bad night ${seed} ends, breaks no rule of the house, tells each thing once and never calls an old node new`, async () => {
    const rehearsal = await startRehearsal({ seed });
    const prng = createPrng(seed);
    const story: string[] = [];
    try {
      for (let minute = 3; minute < 240; minute += prng.integer({ min: 5, max: 25 })) {
        await rehearsal.clock.advanceTo(rehearsal.opens + minute * MINUTE_MS);
        story.push(`${minute} ${trouble(rehearsal, prng)}`);
      }
      const status = await rehearsal.untilEnded(1_500);
      const context = `seed ${seed}: ${story.join(' · ')}\n${status.timeline.map(({ text }) => text).join('\n')}`;

      assert.deepEqual(rehearsal.violations(), [], context);
      assert.equal(rehearsal.issues().filter(({ body }) => body.includes('slackwater:run:')).length, 1, context);
      const markers = rehearsal.comments().flatMap((body) => body.match(/<!-- slackwater:[^>]*-->/g) ?? []);
      assert.equal(new Set(markers).size, markers.length, `${context}\n${markers.join('\n')}`);
      if (status.outcome === 'succeeded') {
        for (const { nodes } of rehearsal.world.cluster.inspect()) assert.ok(nodes.every((node) => node.kubeletVersion.endsWith('1.36.2') && !node.isCordoned), context);
      }
    } finally {
      await rehearsal.close();
    }
  });
}
