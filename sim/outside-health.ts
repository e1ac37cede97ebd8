import { isRecord, listAt, recordAt, textAt } from '../domain/json.ts';
import type { JsonRecord } from '../domain/json.ts';
import type { ClusterCore } from './cluster-core.ts';
import { markChanged, workloadNamed } from './kubernetes-store.ts';
import type { Perturbation } from './perturbation.ts';
import { kubernetesTime } from './timestamp.ts';
import { breakWebhooks, outagesIn } from './tunnel-outage.ts';

type HealthChange = Extract<Perturbation, { readonly kind: 'service-fails' | 'webhooks-time-out' | 'tunnel-fails' | 'upgrade-addon' }>;

/** What the outside does to add-ons, services and the path to nodes; false when there is no such add-on. */
export function breakHealth(core: ClusterCore, change: HealthChange): boolean {
  const outages = outagesIn(core.store);
  switch (change.kind) {
    case 'service-fails':
      outages.services.set(`${change.namespace}/${change.name}`, { ratio: change.ratio, asked: 0 });
      core.timeline.tell('service.fails', `${Math.round(change.ratio * 100)}% of the answers of ${change.namespace}/${change.name} are errors`, { service: `${change.namespace}/${change.name}`, ratio: change.ratio });
      return true;
    case 'webhooks-time-out':
      breakWebhooks(core, change.names, change.ratio);
      return true;
    case 'tunnel-fails':
      outages.tunnelError = change.error;
      core.timeline.tell('tunnel.fails', change.error === null ? 'The path to nodes works again' : `Calls to nodes fail: ${change.error}`, { error: change.error });
      return true;
    case 'upgrade-addon':
      return upgradeAddon(core, change.name);
  }
}

/** A newer image, as Azure's own manager writes it. */
function upgradeAddon(core: ClusterCore, name: string): boolean {
  const addon = workloadNamed(core.store, { kind: 'Deployment', namespace: 'kube-system', name });
  if (addon === null) return false;
  const spec = recordAt(addon.document, 'spec');
  const template = recordAt(spec, 'template');
  const podSpec = recordAt(template, 'spec');
  const containers = listAt(podSpec, 'containers').filter(isRecord).map(withNextImage);
  const written = { manager: 'addon-manager', operation: 'Update', time: kubernetesTime(core.timeline.now()) };
  addon.document = {
    ...addon.document,
    metadata: { ...recordAt(addon.document, 'metadata'), managedFields: [written] },
    spec: { ...spec, template: { ...template, spec: { ...podSpec, containers } } },
  };
  addon.generation += 1;
  markChanged(core.store, addon);
  core.timeline.tell('addon.upgraded', `Azure upgrades the add-on ${name}`, { name });
  return true;
}

/** `image:1` becomes `image:2`. */
function withNextImage(container: JsonRecord): JsonRecord {
  const image = textAt(container, 'image') ?? '';
  const tag = /:(\d+)$/.exec(image)?.[1];
  return { ...container, image: tag === undefined ? `${image}:1` : image.replace(/\d+$/, String(Number(tag) + 1)) };
}
