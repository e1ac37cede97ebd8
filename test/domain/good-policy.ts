type Fields = Readonly<Record<string, unknown>>;

/** The smallest good policy document, as YAML would give it. */
export function goodPolicy(): Fields {
  return {
    apiVersion: 'slackwater.dev/v1alpha1',
    kind: 'MaintenancePolicy',
    metadata: { name: 'shop-prod-weu' },
    spec: {
      cluster: {
        resourceId:
          '/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/shop/providers/Microsoft.ContainerService/managedClusters/shop-prod-weu',
      },
      target: { kubernetesVersion: '1.35' },
      window: { timeZone: 'Europe/Paris', startTime: '22:00', durationHours: 6, schedule: { weekly: { dayOfWeek: 'Saturday' } } },
    },
  };
}

/** The document with one field set, or taken out by undefined; groups on the way are made. */
export function policyWith(path: string, value: unknown, document: unknown = goodPolicy()): unknown {
  const [name = '', ...rest] = path.split('.');
  const fields = isFields(document) ? document : {};
  const changed = rest.length === 0 ? value : policyWith(rest.join('.'), value, fields[name] ?? {});
  if (changed !== undefined) return { ...fields, [name]: changed };
  return Object.fromEntries(Object.entries(fields).filter(([each]) => each !== name));
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null;
}
