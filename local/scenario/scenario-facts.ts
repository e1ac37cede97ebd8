import type { AzureFactsPort } from '../../activities/ports.ts';
import type { DeprecatedApiUse, FleetFacts } from '../../domain/azure-facts.ts';
import { numberAt, recordsAt, textAt, textsAt, timeAt } from '../../domain/json.ts';
import { MINUTE_MS } from '../../domain/time.ts';
import type { Scenario } from '../../sim/scenario.ts';

/** The port with the facts a scenario gives and no service of the loopback world tells: API uses, the secret's end, rings. */
export function withScenarioFacts(port: AzureFactsPort, scenario: Scenario): AzureFactsPort {
  return {
    ...port,
    async readAzureFacts(cluster, nodePools) {
      const read = await port.readAzureFacts(cluster, nodePools);
      if (!read.ok) return read;
      const { credential } = read.value;
      const { deprecatedApiUses: _uses, fleet: _fleet, ...whyUnread } = read.value.whyUnread;
      return {
        ok: true,
        value: {
          ...read.value,
          deprecatedApiUses: apiUsesOf(scenario),
          credential: credential === null ? null : { ...credential, expiresAt: timeAt(scenario.cluster, 'identity', 'secretExpires') },
          fleet: fleetOf(scenario),
          whyUnread,
        },
      };
    },
  };
}

function apiUsesOf({ cluster }: Scenario): readonly DeprecatedApiUse[] {
  return recordsAt(cluster, 'deprecatedApiUsage').map((use) => ({
    api: textAt(use, 'api') ?? '',
    resource: null,
    verb: textAt(use, 'verb') ?? '',
    client: textAt(use, 'client') ?? '',
    lastSeen: timeAt(use, 'lastSeen') ?? 0,
    removedIn: textAt(use, 'removedIn'),
  }));
}

/** Rings and the paired region; null where the scenario knows of neither. */
function fleetOf({ cluster, extra, timeline }: Scenario): FleetFacts | null {
  const own = textAt(cluster, 'name');
  const ring = recordsAt(extra, 'ring');
  const place = ring.findIndex((member) => textAt(member, 'cluster') === own);
  const partner = textsAt(extra, 'pair').find((name) => name !== own) ?? null;
  if (ring.length === 0 && partner === null) return null;
  const state = partner === null ? null : textAt(extra, 'state', partner);
  return {
    earlierRings: ring.slice(0, Math.max(0, place)).map((member) => {
      const name = textAt(member, 'cluster') ?? '';
      const began = timeAt(member, 'startedAt');
      return {
        cluster: name,
        isUpgraded: textAt(member, 'result') === 'upgraded',
        bakesUntil: began === null ? null : began + (numberAt(member, 'bakeMin') ?? 0) * MINUTE_MS,
        alerts: timeline
          .filter(({ event, data }) => event === 'alert' && textAt(data, 'cluster') === name)
          .map(({ data }) => ({ name: textAt(data, 'name') ?? '', since: timeAt(data, 'since') ?? 0 })),
        nodeImages: textsAt(member, 'images').length > 0 ? textsAt(member, 'images') : null,
      };
    }),
    partner: partner === null ? null : { cluster: partner, isHealthy: state === null || state === 'healthy', state: state ?? 'healthy' },
  };
}
